from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_pictures import KINDS, instances, numbers, picture_config, write_pairs
from tfhd.data import build_dataset
from tfhd.data.pipeline.datasets import batch_spec
from tfhd.data.pipeline.transforms import Crop, Flip, Resize
from tfhd.pixels import PixelType
from tfhd.readers import Sample


@pytest.mark.parametrize("name", KINDS)
def test_batches_hold_both_pictures_as_the_networks_see_them(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    config = picture_config(kind, write_pairs(tmp_path, kind))
    first, second = build_dataset(config, "train", training=False)
    for number, batch in enumerate((first, second)):
        np.testing.assert_array_equal(batch["label"][0], kind.given.scaled(numbers(kind.given, 2 * number).astype(np.float32)))
        np.testing.assert_array_equal(batch["image"][0], kind.made.scaled(numbers(kind.made, 2 * number + 1).astype(np.float32)))
    assert {key: tf.TensorSpec.from_tensor(tensor) for key, tensor in first.items()} == batch_spec(config)


def test_resized_pictures_stay_within_their_range(tmp_path: Path) -> None:
    """Bicubic interpolation overshoots at edges."""
    kind = KINDS["5 channels to rgb"]
    config = picture_config(kind, write_pairs(tmp_path, kind), height=48, width=80)
    for batch in build_dataset(config, "train", training=False):
        assert (float(tf.reduce_min(batch["label"])), float(tf.reduce_max(batch["label"]))) == (-1, 1)


def sample(pixels: PixelType) -> Sample:
    picture = numbers(pixels, 1)
    return Sample(picture, instances().astype(np.int32), picture, "sample")


@pytest.mark.parametrize("pixels", [PixelType(1), PixelType(3), PixelType(3, "uint16"), PixelType(5, "uint16"), PixelType(2)])
def test_input_and_output_are_transformed_alike(pixels: PixelType) -> None:
    random = np.random.default_rng(0)
    for transform in (Resize(40, 72), Crop(24, 40, anywhere=True), Flip(), Flip()):
        found = transform(sample(pixels), random)
        np.testing.assert_array_equal(found.label, found.image)
        assert found.label.dtype == pixels.dtype
        assert found.label.shape == (*found.size, pixels.channels)


def test_16_bits_are_resized_as_8_bits_are() -> None:
    """Within the half levels that Pillow rounds 8 bits by in each of its passes; on slopes, as it cuts off overshoots too."""
    rows, columns = np.indices((32, 64))
    small = np.stack([columns * 3 + 20, rows * 5 + 20, rows + columns + 20], axis=-1).astype(np.uint8)
    wide = small.astype(np.uint16) * 257
    ids = instances().astype(np.int32)
    found, wanted = (Resize(20, 40)(Sample(item, ids, item, ""), np.random.default_rng(0)) for item in (wide, small))
    assert np.abs(found.image / 257 - wanted.image).max() <= 1
