"""Work of tfhd's exported model, optimized for CPUs, for a comparison with the original."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tensorflow as tf

from benchmarks.task import NUM_CLASSES, Task, Workspace, block_means, random_batch
from benchmarks.tfhd_work import config_for, load_weights
from benchmarks.worker import Outputs, Work
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.networks import build_networks
from tfhd.runs import write_networks


def inference(task: Task, workspace: Workspace) -> Work:
    """The signature `synthesize` of `export saved-model --optimize-for cpu`: label and instance map to an 8-bit image."""
    model = tf.saved_model.load(str(_export(task, workspace)))
    synthesize = model.signatures["synthesize"]
    batch = random_batch(task)
    inputs = {
        "label": tf.constant(batch.label[..., None], tf.uint8),
        "instance": tf.constant(batch.instance[..., None], tf.uint16),
        "seed": tf.constant([-1]),
        "style_instance": tf.constant([[-1]]),
        "style_index": tf.constant([[-1]]),
    }

    def run(model=model) -> Outputs:  # keeps a reference to the model, without which its functions lose their weights
        return {"picture": block_means(synthesize(**inputs)["image"].numpy())}

    return run


def _export(task: Task, workspace: Workspace) -> Path:
    """Writes a run with the original's weights, exports it and returns the SavedModel's folder."""
    config = config_for(task, feature_channels=0)
    networks = build_networks(config, NUM_CLASSES)
    load_weights(workspace.weights, G=networks.generator)
    classes = (LabelClass(f"class {index}", (index,), (index, index, index), False) for index in range(NUM_CLASSES))
    run, out = workspace.folder / "run", workspace.folder / "exported"
    run.mkdir()
    (run / "config.json").write_text(config.to_json(), encoding="utf-8")
    (run / "label_set.json").write_text(LabelSet("boxes", tuple(classes)).to_json(), encoding="utf-8")
    write_networks(run, {"generator": networks.generator})
    subprocess.run([sys.executable, "-m", "export", "saved-model", run, out, "--optimize-for", "cpu"], check=True)
    return out / "1"
