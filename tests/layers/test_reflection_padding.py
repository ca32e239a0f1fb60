from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import ReflectionPadding2D


def test_behaves_as_a_layer():
    image = np.random.default_rng(0).normal(size=(2, 8, 12, 3)).astype("float32")
    run_layer_test(ReflectionPadding2D, {"padding": 3}, (image,), (2, 14, 18, 3))


@pytest.mark.parametrize("padding", [0, 1, 3])
def test_mirrors_without_repeating_the_border(padding):
    image = np.random.default_rng(0).normal(size=(1, 4, 5, 2)).astype("float32")
    sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    np.testing.assert_array_equal(ReflectionPadding2D(padding)(image), np.pad(image, sides, mode="reflect"))
