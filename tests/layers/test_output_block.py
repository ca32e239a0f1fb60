from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import OutputBlock


def test_behaves_as_a_layer():
    features = np.random.default_rng(0).normal(size=(2, 8, 12, 5)).astype("float32")
    run_layer_test(OutputBlock, {"channels": 3}, (features,), (2, 8, 12, 3), always_float32=True)


def test_stays_within_minus_one_and_one_without_normalization():
    features = np.full((1, 8, 8, 4), 100, "float32")
    block = OutputBlock(1)
    block(features)
    block.set_weights([np.ones((7, 7, 4, 1)), np.zeros(1)])
    np.testing.assert_array_equal(block(features), 1)
    np.testing.assert_array_equal(block(-features), -1)


def test_mirrors_at_the_border_so_that_a_plain_area_stays_plain():
    output = np.asarray(OutputBlock(3)(np.ones((1, 8, 8, 4), "float32")))
    assert np.ptp(output, axis=(1, 2)) == pytest.approx(0, abs=1e-6)
