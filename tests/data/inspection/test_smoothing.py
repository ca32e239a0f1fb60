from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tfhd.data.inspection.smoothing import find_smoothing
from tfhd.streets.scene import render_street


def resized(ids: np.ndarray, resampling: Image.Resampling, factor: float) -> np.ndarray:
    height, width = ids.shape
    return np.asarray(Image.fromarray(ids).resize((int(width * factor), int(height * factor)), resampling))


@pytest.fixture(scope="module")
def ids() -> np.ndarray:
    return render_street("train", 0, 128, 256).label.astype(np.uint8)


@pytest.mark.parametrize("factor", [0.5, 0.9, 2])
def test_interpolated_maps_are_found_and_others_are_not(ids: np.ndarray, factor: float) -> None:
    assert find_smoothing(ids) == "none"
    assert find_smoothing(resized(ids, Image.Resampling.NEAREST, factor)) == "none"
    for resampling in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
        assert find_smoothing(resized(ids, resampling, factor)) == "interpolated"


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (40, 60)])
def test_maps_without_borders_are_not(shape: tuple[int, int]) -> None:
    assert find_smoothing(np.full(shape, 7)) == "none"


def disks(step: int) -> np.ndarray:
    """Four disks of id 2 `step` in a background of 0, as large as pets in their trimaps."""
    rows, columns = np.mgrid[:256, :256]
    return (((rows % 128 - 64) ** 2 + (columns % 128 - 64) ** 2) < 50**2).astype(np.uint8) * 2 * step


def test_outlines_of_one_pixel_are_told_apart() -> None:
    inside = disks(1) == 2
    core = inside.copy()
    for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        core &= np.roll(inside, shift, axis)
    trimap = np.where(core, 2, inside.astype(np.uint8))
    assert find_smoothing(trimap) == "outlines"
    for factor in (0.9, 0.7, 1.5):
        for step in (2, 100):
            assert find_smoothing(resized(disks(step), Image.Resampling.BILINEAR, factor)) == "interpolated"
