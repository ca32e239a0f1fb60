from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import UpsamplingBlock


@pytest.mark.parametrize("mode", ["transpose", "resize"])
def test_behaves_as_a_layer(mode):
    features = np.random.default_rng(0).normal(size=(2, 8, 12, 5)).astype("float32")
    run_layer_test(UpsamplingBlock, {"filters": 3, "mode": mode}, (features,), (2, 16, 24, 3))


def lit_pixels(mode: str, tap: tuple[int, int], pixel: tuple[int, int]) -> list[tuple[int, int]]:
    """Where one input pixel appears in the output of a kernel with one tap; normalization and ReLU turn all else to zero."""
    image = np.zeros((1, 4, 4, 1), "float32")
    image[0, pixel[0], pixel[1], 0] = 1
    block = UpsamplingBlock(1, mode)
    block(image)
    kernel = np.zeros((3, 3, 1, 1))
    kernel[tap] = 1
    block.set_weights([kernel, np.zeros(1)])
    return [tuple(index) for index in np.argwhere(np.asarray(block(image))[0, :, :, 0] > 0).tolist()]


@pytest.mark.parametrize("tap", [(0, 0), (0, 2), (1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("pixel", [(1, 2), (2, 1)])
def test_transposed_convolution_is_aligned_as_in_pytorch(tap, pixel):
    # padding 1, output padding 1: input pixel i reaches output 2i - 1 + tap.
    assert lit_pixels("transpose", tap, pixel) == [(2 * pixel[0] - 1 + tap[0], 2 * pixel[1] - 1 + tap[1])]


def test_transposed_convolution_keeps_the_last_row_and_drops_what_falls_before_the_first():
    assert lit_pixels("transpose", (2, 2), (3, 3)) == [(7, 7)]
    assert lit_pixels("transpose", (0, 0), (0, 0)) == []


def test_resize_repeats_every_pixel_twice():
    assert lit_pixels("resize", (1, 1), (1, 2)) == [(2, 4), (2, 5), (3, 4), (3, 5)]


def deviation_within_a_plain_area(mode: str) -> float:
    # Two plain areas, so that the normalization has a contrast to scale by; borders of either are left out.
    image = np.ones((1, 8, 8, 4), "float32")
    image[:, :4] = -1
    return np.asarray(UpsamplingBlock(8, mode)(image))[0, 10:15, 2:14].std((0, 1)).max()


def test_only_the_transposed_convolution_leaves_a_checkerboard():
    assert deviation_within_a_plain_area("transpose") > 0.1
    assert deviation_within_a_plain_area("resize") == pytest.approx(0, abs=1e-4)
