"""`tfhd train styles RUN`: the styles from which each object can take one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import tensorflow as tf
import tyro
from rich.console import Console
from rich.table import Table

from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run
from tfhd.runs.trained_run import STYLES
from tfhd.styles import StyleTable, cluster_styles, record_features

from .data_reading import with_progress


def write_styles(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    root: str | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> None:
    """Cluster what a run's encoder reads from the training photos into styles per class; writes RUN/styles.npz.

    Args:
        run: folder that `tfhd train fit` wrote, with an encoder.
        root: the training data's folder, where it is no longer that of the run's config.json.
        checkpoint: latest: the newest; best: of the last stage, the one closest to held-out photos.
        weights: averaged: running averages, if the run keeps them; raw: those of the last step.

    Raises:
        InputError: the run has no encoder, or run or data cannot be read.
    """
    trained = load_run(run, checkpoint, weights, root=root)
    config, label_set, networks = trained.config, trained.label_set, trained.networks
    if config.data.input == "image":
        raise InputError(f"{run}: was trained on pictures, which have no classes and so no styles")
    if networks.encoder is None:
        raise InputError(f"{run}: was trained without an encoder, so it has no styles; train with --encoder.feature-channels 3")
    batches = with_progress(build_dataset(config, "train", training=False), "encoding instances")
    present = np.zeros(label_set.num_classes, bool)
    features = record_features(networks.encoder, _noting_classes(batches, present), label_set.num_classes)
    table = cluster_styles(features, label_set.num_classes, config.encoder.num_clusters, seed=config.training.seed)
    table = dataclasses.replace(table, origin=trained.weights_name)
    table.save(run / STYLES)
    Console().print(_summary(label_set, features.class_index, table))
    lost = np.array(label_set.names)[present & (np.bincount(features.class_index, minlength=label_set.num_classes) == 0)]
    if len(lost):
        print(
            f"warning: no styles for {', '.join(lost)}: no instance is of these classes on most of its pixels; see that instance "
            f"maps tell them apart from others (tfhd train check-data {config.data.root})"
        )
    print(run / STYLES)


def _noting_classes(batches: Iterable[dict[str, tf.Tensor]], present: np.ndarray) -> Iterator[dict[str, tf.Tensor]]:
    """Yields the batches, and sets `present`, bool `(num_classes,)`, where a class occurs in them."""
    for batch in batches:
        present[np.unique(batch["label"])] = True
        yield batch


def _summary(label_set: LabelSet, class_index: np.ndarray, table: StyleTable) -> Table:
    instances = np.bincount(class_index, minlength=label_set.num_classes)
    rows = Table("class", "instances", "styles")
    for name, count, number in zip(label_set.names, instances, table.counts, strict=True):
        if count:
            rows.add_row(name, str(count), str(number))
    return rows
