"""Whether a SavedModel, read again, paints what the Keras networks do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfhd.label_sets import LabelSet
from tfhd.networks import Networks
from tfhd.styles import StyleTable

from .differences import Shape

_BOX = 16
"""Pixels along the sides of the boxes that are painted, each an instance of its own."""


def picture_differences(
    model: Path, label_set: LabelSet, networks: Networks, table: StyleTable | None, shapes: Sequence[Shape]
) -> list[dict[str, Any]]:
    """Paints boxes of random classes, in each class's most usual style, with both.

    Args:
        model: folder of the SavedModel.
        label_set: its classes.
        networks: what it was made from.
        table: its styles; None without an encoder.
        shapes: batch, height and width of each comparison.

    Returns:
        For each shape the largest and mean absolute difference, in levels of 0..255.
    """
    loaded = tf.saved_model.load(str(model), tags="serve")  # the variables go when it does
    call = loaded.signatures["synthesize"]
    label_dtype = call.structured_input_signature[1]["label"].dtype
    first_ids = np.array([item.ids[0] for item in label_set.classes])
    absent = tf.constant([[-1]])
    found = []
    for shape in shapes:
        classes, instance = _boxes(shape, label_set.num_classes)
        maps = {"label": tf.constant(first_ids[classes][..., None], label_dtype)}
        maps["instance"] = tf.constant(instance[..., None], tf.uint16)
        painted = call(**maps, seed=absent[0], style_instance=absent, style_index=absent)["image"].numpy()
        apart = np.abs(painted.astype(int) - _paint(networks, table, classes, instance))
        batch, height, width = shape
        found.append({"batch": batch, "height": height, "width": width})
        found[-1] |= {"largest": int(apart.max()), "mean": float(apart.mean())}
    return found


def _paint(networks: Networks, table: StyleTable | None, classes: np.ndarray, instance: np.ndarray) -> np.ndarray:
    encoded = networks.label_encoding(classes, instance)
    if table is not None:
        encoded = tf.concat([encoded, tf.cast(table.centers[classes, 0], encoded.dtype)], axis=-1)
    picture = np.asarray(tf.cast(networks.generator(encoded), tf.float32))
    return np.rint((picture + 1) * 127.5).astype(np.uint8)


def _boxes(shape: Shape, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Class indices and instance ids, int32 `(batch, height, width)`."""
    batch, height, width = shape
    rows, columns = -(-height // _BOX), -(-width // _BOX)
    classes = np.random.default_rng(0).integers(0, num_classes, (batch, rows, columns))
    instance = np.arange(rows * columns).reshape(1, rows, columns).repeat(batch, axis=0)
    large = (values.repeat(_BOX, axis=1).repeat(_BOX, axis=2)[:, :height, :width] for values in (classes, instance))
    return tuple(values.astype(np.int32) for values in large)
