from __future__ import annotations

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.pixels import RGB, PixelType, shown

TYPES = [RGB, PixelType(1, "uint16"), PixelType(2, "uint16", 100, 4095), PixelType(1, "uint8", 3, 4)]


@pytest.mark.parametrize("pixels", TYPES)
def test_every_number_survives_the_way_to_the_networks_and_back(pixels: PixelType) -> None:
    numbers = np.arange(pixels.low, pixels.highest + 1).astype(pixels.dtype)
    image = pixels.scaled(numbers.astype(np.float32))
    assert image.dtype == np.float32
    assert (image[0], image[-1]) == (-1, 1)
    np.testing.assert_array_equal(pixels.numbers(image), numbers)


def test_photos_are_scaled_as_ever() -> None:
    numbers = np.arange(256, dtype=np.float32)
    np.testing.assert_array_equal(RGB.scaled(numbers), numbers / 127.5 - 1.0)


def test_numbers_outside_the_range_are_named() -> None:
    pixels = PixelType(1, "uint16", 10, 4095)
    pixels.require_within(np.array([10, 4095]), "a.png")
    for wrong in (9, 4096):
        with pytest.raises(InputError, match=rf"a\.png: holds numbers .*{wrong}.*, where 10\.\.4095 are expected"):
            pixels.require_within(np.array([100, wrong]), "a.png")


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_people_are_shown_rgb(channels: int) -> None:
    image = np.random.default_rng(0).uniform(-1, 1, (2, 4, 6, channels))
    found = shown(image)
    assert (found.shape, found.dtype) == ((2, 4, 6, 3), np.uint8)
    np.testing.assert_array_equal(found[..., 0], RGB.numbers(image[..., 0]))
    if channels == 1:
        np.testing.assert_array_equal(found[..., 2], found[..., 0])
    if channels == 2:
        assert not found[..., 2].any()
