from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.layer_harness import run_layer_test
from tfhd.layers import InstanceNormalization


def test_behaves_as_a_layer():
    image = np.random.default_rng(0).normal(size=(2, 8, 12, 3)).astype("float32")
    run_layer_test(InstanceNormalization, {"epsilon": 1e-3}, (image,), image.shape)


def test_equals_tensorflow_addons(parity):
    recorded = parity("instance_normalization_addons")
    np.testing.assert_allclose(InstanceNormalization(epsilon=1e-5)(recorded["input"]), recorded["output"], atol=1e-5)


def test_stays_exact_on_large_maps_whose_mean_is_far_from_zero():
    image = np.random.default_rng(0).normal([0, 10, -30, 100], size=(2, 96, 160, 4)).astype("float32")
    exact = image.astype("float64")
    exact = (exact - exact.mean((1, 2), keepdims=True)) / np.sqrt(exact.var((1, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(InstanceNormalization()(image), exact, atol=1e-4)


def test_a_plain_channel_becomes_zero_with_finite_gradients():
    image = tf.fill((1, 8, 8, 2), 3.0)
    with tf.GradientTape() as tape:
        tape.watch(image)
        output = InstanceNormalization()(image)
    np.testing.assert_allclose(output, 0, atol=1e-3)
    assert np.isfinite(tape.gradient(output, image)).all()


def test_statistics_are_float32_in_half_precision():
    # Squares of such values overflow float16.
    image = np.random.default_rng(0).normal(scale=1000, size=(1, 8, 8, 2)).astype("float32")
    low = InstanceNormalization(dtype="mixed_float16")(image)
    np.testing.assert_allclose(np.asarray(low, "float32"), InstanceNormalization()(image), atol=5e-3)
