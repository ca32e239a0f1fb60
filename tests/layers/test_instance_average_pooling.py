from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.layer_harness import run_layer_test
from tfhd.layers import InstanceAveragePooling


def random_features(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def mean_by_hand(values: np.ndarray, instance: np.ndarray) -> np.ndarray:
    output = np.empty_like(values)
    for sample, ids, target in zip(values, instance, output, strict=True):
        for number in np.unique(ids):
            target[ids == number] = sample[ids == number].mean(0, dtype="float64")
    return output


@pytest.fixture(scope="module")
def instance() -> np.ndarray:
    """Ids over all of 0..65535 with gaps; the two samples share ids."""
    return np.random.default_rng(0).choice([0, 1, 7, 26001, 32767, 32768, 65534, 65535], size=(2, 8, 12)).astype("int32")


def test_behaves_as_a_layer(instance):
    run_layer_test(InstanceAveragePooling, {}, (random_features(2, 8, 12, 3), instance), (2, 8, 12, 3), always_float32=True)


@pytest.mark.parametrize("dtype", ["int32", "uint16", "int64"])
def test_gives_every_pixel_the_mean_of_its_instance_in_its_own_picture(instance, dtype):
    features = random_features(2, 8, 12, 3)
    pooled = InstanceAveragePooling()(features, tf.constant(instance.astype(dtype)))
    np.testing.assert_allclose(pooled, mean_by_hand(features, instance), atol=1e-6)


def test_gradient_is_the_mean_of_the_gradients_over_the_instance(instance):
    features, upstream = tf.constant(random_features(2, 8, 12, 3)), random_features(2, 8, 12, 3)[::-1]
    with tf.GradientTape() as tape:
        tape.watch(features)
        pooled = InstanceAveragePooling()(features, instance)
    gradient = tape.gradient(pooled, features, output_gradients=tf.constant(upstream))
    np.testing.assert_allclose(gradient, mean_by_hand(upstream, instance), atol=1e-6)


@pytest.mark.parametrize("value", [0.1, -0.77])
def test_a_region_of_a_million_pixels_keeps_its_value_and_its_gradient(value):
    # A plain float32 sum is a percent off here.
    features = tf.fill((1, 1024, 1024, 1), tf.constant(value, tf.float32))
    with tf.GradientTape() as tape:
        tape.watch(features)
        pooled = InstanceAveragePooling()(features, tf.zeros((1, 1024, 1024), tf.int32))
        loss = tf.reduce_sum(value * pooled)
    np.testing.assert_allclose(pooled, value, atol=1e-6)
    np.testing.assert_allclose(tape.gradient(loss, features), value, atol=1e-6)


def test_compiles_with_xla(instance):
    features = random_features(2, 8, 12, 3)
    compiled = tf.function(InstanceAveragePooling(), jit_compile=True)
    np.testing.assert_allclose(
        compiled(tf.constant(features), tf.constant(instance)), mean_by_hand(features, instance), atol=1e-6
    )
