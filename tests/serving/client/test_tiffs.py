"""TIFF files that Pillow misreads, written by another library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tfhd_client import InputError, LabelClasses, read_ids, read_labels, read_photo, verify_ids, verify_photo

PHOTO = np.random.default_rng(0).integers(0, 256, (40, 48, 3)).astype(np.uint8)
IDS = np.random.default_rng(1).integers(0, 30000, (40, 48)).astype(np.uint16)
RED, GREEN = (255, 0, 0), (0, 255, 0)
TWO = LabelClasses("two", ("a", "b"), ((0,), (1,)), (RED, GREEN))


@pytest.fixture
def write(tmp_path: Path):
    def write(array: np.ndarray, **options: Any) -> Path:
        tifffile.imwrite(tmp_path / "a.tif", array, **options)
        return tmp_path / "a.tif"

    return write


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}, {"rowsperstrip": 7}], ids=["strip", "tiles", "strips"])
def test_photos_of_16_bits_in_separate_planes_are_read_as_those_of_8_bits(write, compression, byteorder, layout) -> None:
    planes = np.moveaxis(PHOTO.astype(np.uint16) * 257, -1, 0)
    path = write(planes, photometric="rgb", planarconfig="separate", compression=compression, byteorder=byteorder, **layout)
    np.testing.assert_array_equal(read_photo(path), PHOTO)
    assert verify_photo(path) == (40, 48)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "float32"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_ids_are_the_same_in_either_order_of_bytes(write, compression, byteorder, dtype, tile) -> None:
    path = write(IDS.astype(dtype), compression=compression, byteorder=byteorder, tile=tile)
    np.testing.assert_array_equal(read_ids(path), IDS)
    np.testing.assert_array_equal(read_labels(path, TWO), IDS)


def test_what_is_negative_stays_negative_when_compressed(write) -> None:
    path = write(np.full((8, 8), -1, np.int16), compression="zlib", byteorder=">")
    with pytest.raises(InputError, match=r"holds ids -1\.\.-1"):
        read_ids(path)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
def test_maps_of_two_numbers_per_pixel_are_refused(write, compression, planarconfig) -> None:
    axis = -1 if planarconfig == "contig" else 0
    gray = np.stack([np.zeros((40, 48), np.uint8), np.ones((40, 48), np.uint8)], axis)
    path = write(gray, photometric="minisblack", planarconfig=planarconfig, compression=compression)
    for read in (read_ids, verify_ids, lambda file: read_labels(file, TWO)):
        with pytest.raises(InputError, match=r"a\.tif: is a TIFF file .*; save (it as PNG|one number per pixel)"):
            read(path)


def test_maps_in_colours_and_another_number_are_refused(write) -> None:
    colors = np.broadcast_to(np.array([*RED, 7], np.uint8), (8, 8, 4))
    path = write(colors, photometric="rgb", extrasamples=["unspecified"])
    with pytest.raises(InputError, match="is a TIFF file with 1 samples per pixel beside its RGB pixels"):
        read_labels(path, TWO)


def test_maps_in_colours_of_16_bits_are_refused_in_separate_planes_as_well(write) -> None:
    planes = np.zeros((3, 8, 8), np.uint16)
    planes[0] = 255 << 8 | 7
    path = write(planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(InputError, match="is a colour picture of other than 8 bits per channel"):
        read_labels(path, TWO)


def test_large_ids_are_written_out(write) -> None:
    with pytest.raises(InputError, match=r"holds ids 0\.\.33554432; ids must be within"):
        read_ids(write(np.array([[0, 1 << 25]], np.int32)))
