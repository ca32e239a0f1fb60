"""How far the images of a SavedModel, read from disk, are from those of the Keras networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfhd.files import without_glob_characters
from tfhd.label_sets import LabelSet
from tfhd.networks import Networks
from tfhd.styles import StyleTable

from .block_maps import BlockMaps, Shape


def compare_saved_model(
    model: Path, label_set: LabelSet, networks: Networks, table: StyleTable | None, shapes: Sequence[Shape]
) -> list[dict[str, Any]]:
    """Synthesizes blocks of random classes in each class's first style, with the SavedModel and with Keras.

    Args:
        model: folder of the SavedModel.
        label_set: its classes.
        networks: what it was exported from.
        table: its styles; None without an encoder.
        shapes: of the batches to compare.

    Returns:
        For each shape `batch`, `height`, `width`, and the `largest` and `mean` absolute difference, in levels of 0..255.
    """
    with without_glob_characters(model) as folder:
        loaded = tf.saved_model.load(str(folder), tags="serve")  # kept, since its variables are freed with it
    synthesize = loaded.signatures["synthesize"]
    label_dtype = synthesize.structured_input_signature[1]["label"].dtype
    first_ids = np.array([item.ids[0] for item in label_set.classes])
    absent = tf.constant([[-1]])
    found = []
    for shape in shapes:
        maps = BlockMaps(shape)
        classes, instance = maps.choice(label_set.num_classes).astype(np.int32), maps.instances()
        inputs = {"label": tf.constant(first_ids[classes][..., None], label_dtype)}
        inputs["instance"] = tf.constant(instance[..., None], tf.uint16)
        image = synthesize(**inputs, seed=absent[0], style_instance=absent, style_index=absent)["image"].numpy()
        apart = np.abs(image.astype(int) - _keras_image(networks, table, classes, instance))
        batch, height, width = shape
        found.append({"batch": batch, "height": height, "width": width})
        found[-1] |= {"largest": int(apart.max()), "mean": float(apart.mean())}
    return found


def _keras_image(networks: Networks, table: StyleTable | None, classes: np.ndarray, instance: np.ndarray) -> np.ndarray:
    """uint8 `(batch, height, width, 3)`."""
    encoded = networks.label_encoding(classes, instance)
    if table is not None:
        encoded = tf.concat([encoded, tf.cast(table.centers[classes, 0], encoded.dtype)], axis=-1)
    image = np.asarray(tf.cast(networks.generator(encoded), tf.float32))
    return np.rint((image + 1) * 127.5).astype(np.uint8)
