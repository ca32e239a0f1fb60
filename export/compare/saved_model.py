"""How far the images of a SavedModel, read from disk, are from those of the Keras networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfhd.config import DataConfig, PixelType
from tfhd.files import without_glob_characters
from tfhd.graph.numbers import from_numbers
from tfhd.label_sets import LabelSet
from tfhd.networks import Networks
from tfhd.pixels import RGB
from tfhd.styles import StyleTable

from .block_maps import BlockMaps, Shape

Differences = list[dict[str, Any]]
"""For each shape `batch`, `height`, `width`, and the `largest` and `mean` absolute difference, in levels of the pictures."""


def compare_saved_model(
    model: Path,
    label_set: LabelSet,
    networks: Networks,
    table: StyleTable | None,
    shapes: Sequence[Shape],
    photo: PixelType = RGB,
) -> Differences:
    """Synthesizes blocks of random classes in each class's first style, with the SavedModel and with Keras.

    Args:
        model: folder of the SavedModel.
        label_set: its classes.
        networks: what it was exported from.
        table: its styles; None without an encoder.
        shapes: of the batches to compare.
        photo: what it paints.
    """
    first_ids = np.array([item.ids[0] for item in label_set.classes])
    absent = tf.constant([[-1]])

    def paint(synthesize: Any, maps: BlockMaps) -> tuple[np.ndarray, np.ndarray]:
        label_dtype = synthesize.structured_input_signature[1]["label"].dtype
        classes, instance = maps.choice(label_set.num_classes).astype(np.int32), maps.instances()
        inputs = {"label": tf.constant(first_ids[classes][..., None], label_dtype)}
        inputs["instance"] = tf.constant(instance[..., None], tf.uint16)
        image = synthesize(**inputs, seed=absent[0], style_instance=absent, style_index=absent)["image"].numpy()
        encoded = networks.label_encoding(classes, instance)
        if table is not None:
            encoded = tf.concat([encoded, tf.cast(table.centers[classes, 0], encoded.dtype)], axis=-1)
        return image, _keras_numbers(networks, encoded, photo)

    return _compare(model, "synthesize", paint, shapes)


def compare_picture_model(model: Path, data: DataConfig, networks: Networks, shapes: Sequence[Shape]) -> Differences:
    """Translates blocks of random numbers, with the SavedModel and with Keras.

    Args:
        model: folder of the SavedModel.
        data: what its pictures are.
        networks: what it was exported from.
        shapes: of the batches to compare.
    """
    pixels = data.input_pixels
    numbers = np.arange(pixels.low, pixels.highest + 1)

    def paint(translate: Any, maps: BlockMaps) -> tuple[np.ndarray, np.ndarray]:
        picture = np.stack([maps.choice(numbers) for _ in range(pixels.channels)], axis=-1).astype(pixels.dtype)
        instance = maps.instances()
        inputs = {"picture": tf.constant(picture)}
        if data.instance_edges:
            inputs["instance"] = tf.constant(instance[..., None], tf.uint16)
        encoded = networks.label_encoding(from_numbers(picture, pixels), instance)
        return translate(**inputs)["image"].numpy(), _keras_numbers(networks, encoded, data.output_pixels)

    return _compare(model, "translate", paint, shapes)


def _compare(
    model: Path, signature: str, paint: Callable[[Any, BlockMaps], tuple[np.ndarray, np.ndarray]], shapes: Sequence[Shape]
) -> Differences:
    with without_glob_characters(model) as folder:
        loaded = tf.saved_model.load(str(folder), tags="serve")  # kept, since its variables are freed with it
    found = []
    for batch, height, width in shapes:
        image, expected = paint(loaded.signatures[signature], BlockMaps((batch, height, width)))
        apart = np.abs(image.astype(int) - expected)
        found.append({"batch": batch, "height": height, "width": width})
        found[-1] |= {"largest": int(apart.max()), "mean": float(apart.mean())}
    return found


def _keras_numbers(networks: Networks, encoded: tf.Tensor, photo: PixelType) -> np.ndarray:
    """`(batch, height, width, channels)` as `photo` says."""
    return photo.numbers(np.asarray(tf.cast(networks.generator(encoded), tf.float32)))
