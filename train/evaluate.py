"""`tfhd train evaluate RUN`: how close synthesized pictures come to held-out photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from tfhd.data import build_dataset
from tfhd.files import write_text
from tfhd.metrics import class_mean_colors, mean_l1, paint_classes
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run
from tfhd.training import Pix2PixHD

from .data_reading import with_progress


def evaluate(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    split: str = "val",
    root: str | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> None:
    """Compare synthesized pictures with held-out photos; writes RUN/evaluation.json.

    The generator gets each photo's own styles from the encoder. The yardstick is a painting of every class in its mean
    colour over the training photos.

    Args:
        run: folder that `tfhd train fit` wrote.
        split: the split to measure on.
        root: the data's folder, where it is no longer that of the run's config.json.
        checkpoint: latest: the newest; best: of the last stage, the one closest to held-out photos.
        weights: averaged: running averages, if the run keeps them; raw: those of the last step.

    Raises:
        InputError: run or data cannot be read, or the result cannot be written.
    """
    trained = load_run(run, checkpoint, weights, root=root)
    config, label_set, networks = trained.config, trained.label_set, trained.networks
    model = Pix2PixHD(networks.generator, networks.discriminator, networks.label_encoding, networks.encoder)
    colors = class_mean_colors(
        with_progress(build_dataset(config, "train", training=False), "mean colours of the classes"), label_set.num_classes
    )
    synthesized, painted = [], []
    for batch in with_progress(build_dataset(config, split, training=False), f"synthesizing {split}"):
        photo = batch["image"].numpy()
        synthesized.append(mean_l1(photo, model.predict_on_batch(batch)))
        painted.append(mean_l1(photo, paint_classes(batch["label"].numpy(), colors)))
    own, baseline = float(np.concatenate(synthesized).mean()), float(np.concatenate(painted).mean())
    result = {
        "split": split,
        "pictures": int(sum(map(len, synthesized))),
        "l1_encoder": own,
        "l1_class_colors": baseline,
        "l1_reduction": (baseline - own) / max(baseline, 1e-9),  # the baseline is exact for photos of one colour per class
    }
    write_text(run / "evaluation.json", json.dumps(result, indent=2) + "\n", "evaluation")
    print(
        f"{result['pictures']} pictures of {split}: mean L1 {own:.4f} in the photos' own styles, {baseline:.4f} painted in "
        f"class colours: {abs(result['l1_reduction']):.1%} {'lower' if own < baseline else 'higher'}"
    )
