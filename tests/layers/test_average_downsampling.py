from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import AverageDownsampling


def average_by_hand(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[1:3]
    rows = [slice(max(0, y - 1), y + 2) for y in range(0, height, 2)]
    columns = [slice(max(0, x - 1), x + 2) for x in range(0, width, 2)]
    return np.stack([np.stack([image[:, row, column].mean((1, 2)) for column in columns], 1) for row in rows], 1)


def test_behaves_as_a_layer():
    image = np.random.default_rng(0).normal(size=(2, 8, 12, 3)).astype("float32")
    run_layer_test(AverageDownsampling, {}, (image,), (2, 4, 6, 3))


@pytest.mark.parametrize("size", [(8, 12), (7, 12), (8, 5), (9, 13), (1, 2)])
def test_averages_three_by_three_pixels_without_counting_those_outside(size):
    image = np.random.default_rng(0).normal(size=(2, *size, 3)).astype("float32")
    np.testing.assert_allclose(AverageDownsampling()(image), average_by_hand(image), atol=1e-6)


def test_keeps_a_plain_colour_up_to_the_border():
    np.testing.assert_allclose(AverageDownsampling()(np.full((1, 6, 6, 1), 0.7, "float32")), 0.7, rtol=1e-6)
