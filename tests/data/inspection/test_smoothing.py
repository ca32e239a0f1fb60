from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tfhd.data.inspection.smoothing import is_smoothed
from tfhd.streets.scene import render_street


def resized(ids: np.ndarray, resampling: Image.Resampling, factor: float) -> np.ndarray:
    height, width = ids.shape
    return np.asarray(Image.fromarray(ids).resize((int(width * factor), int(height * factor)), resampling))


@pytest.fixture(scope="module")
def ids() -> np.ndarray:
    return render_street("train", 0, 128, 256).label.astype(np.uint8)


@pytest.mark.parametrize("factor", [0.5, 0.9, 2])
def test_interpolated_maps_are_found_and_others_are_not(ids: np.ndarray, factor: float) -> None:
    assert not is_smoothed(ids)
    assert not is_smoothed(resized(ids, Image.Resampling.NEAREST, factor))
    for resampling in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
        assert is_smoothed(resized(ids, resampling, factor))


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (40, 60)])
def test_maps_without_borders_are_not(shape: tuple[int, int]) -> None:
    assert not is_smoothed(np.full(shape, 7))
