"""What tfhd exports for processors, beside what the original paints with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tensorflow as tf

from benchmarks.tfhd_work import config_of, load_weights
from benchmarks.task import NUM_CLASSES, Surroundings, Task, block_means, pictures
from benchmarks.worker import Outputs, Work
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.networks import build_networks
from tfhd.runs import write_networks


def inference(task: Task, surroundings: Surroundings) -> Work:
    """The signature `synthesize` of `export saved-model --device cpu`: label and instance map to a picture of 8 bits."""
    model = tf.saved_model.load(str(_export(task, surroundings)))
    synthesize = model.signatures["synthesize"]
    batch = pictures(task)
    inputs = {
        "label": tf.constant(batch.label[..., None], tf.uint8),
        "instance": tf.constant(batch.instance[..., None], tf.uint16),
        "seed": tf.constant([-1]),
        "style_instance": tf.constant([[-1]]),
        "style_index": tf.constant([[-1]]),
    }

    def run(model=model) -> Outputs:  # without the model, which is kept here, its functions have no weights
        return {"picture": block_means(synthesize(**inputs)["image"].numpy())}

    return run


def _export(task: Task, surroundings: Surroundings) -> Path:
    """Writes a run with the original's weights, exports it, and returns the SavedModel's folder."""
    config = config_of(task, feature_channels=0)
    networks = build_networks(config, NUM_CLASSES)
    load_weights(surroundings.weights, G=networks.generator)
    classes = (LabelClass(f"class {index}", (index,), (index, index, index), False) for index in range(NUM_CLASSES))
    run, out = surroundings.folder / "run", surroundings.folder / "exported"
    run.mkdir()
    (run / "config.json").write_text(config.to_json(), encoding="utf-8")
    (run / "label_set.json").write_text(LabelSet("boxes", tuple(classes)).to_json(), encoding="utf-8")
    write_networks(run, {"generator": networks.generator})
    subprocess.run([sys.executable, "-m", "export", "saved-model", run, out, "--device", "cpu"], check=True)
    return out / "1"
