from __future__ import annotations

import numpy as np

from tests.layer_harness import run_layer_test
from tfhd.layers import ResidualBlock


def test_behaves_as_a_layer():
    features = np.random.default_rng(0).normal(size=(2, 8, 12, 5)).astype("float32")
    run_layer_test(ResidualBlock, {"filters": 5}, (features,), features.shape)


def test_adds_to_its_input_and_lets_negative_values_through():
    features = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype("float32")
    block = ResidualBlock(3)
    added = np.asarray(block(features)) - features
    np.testing.assert_allclose(added.mean((1, 2)), 0, atol=1e-5)  # normalized, and not activated
    assert added.min() < -1
    block.set_weights([np.zeros_like(weight) for weight in block.get_weights()])
    np.testing.assert_array_equal(block(features), features)
