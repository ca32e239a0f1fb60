from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.layer_harness import arrays, run_layer_test
from tfhd.layers.winograd_algorithm import transform_kernel
from tfhd.layers.winograd_conv2d import WinogradConv2D

CHANNELS = 256


def random_input(height: int, width: int, batch: int = 2) -> tf.Tensor:
    values = np.random.default_rng(0).normal(size=(batch, height, width, CHANNELS))
    return tf.constant(values, tf.float32)


def outputs_and_gradients(layer: keras.layers.Conv2D, inputs: tf.Tensor, jit: bool | None = None) -> list[np.ndarray]:
    """Output, gradients of input, kernel and bias; `jit` None runs eagerly."""

    def run(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
            loss = tf.reduce_sum(tf.sin(outputs))
        return [outputs, *tape.gradient(loss, [inputs, layer.kernel.value, layer.bias.value])]

    return arrays((run if jit is None else tf.function(run, jit_compile=jit))(inputs))


def pair(filters: int = CHANNELS, **kwargs) -> tuple[WinogradConv2D, keras.layers.Conv2D]:
    """The layer and Keras' own with the same weights."""
    fast, plain = WinogradConv2D(filters, **kwargs), keras.layers.Conv2D(filters, 3, **kwargs)
    for layer in (fast, plain):
        layer.build((None, None, None, CHANNELS))
    fast.bias.assign(np.random.default_rng(1).normal(size=filters))
    plain.set_weights(fast.get_weights())
    return fast, plain


def test_behaves_as_a_layer():
    inputs = np.random.default_rng(0).normal(size=(2, 10, 12, 8)).astype("float32")
    run_layer_test(WinogradConv2D, {"filters": 4}, (inputs,), (2, 8, 10, 4))


@pytest.mark.parametrize(("height", "width", "jit"), [(4, 4, None), (18, 10, None), (6, 12, False), (4, 6, True)])
def test_training_equals_the_plain_convolution_with_all_gradients(height, width, jit):
    fast, plain = pair(filters=CHANNELS + 16)
    inputs = random_input(height, width)
    for got, want in zip(outputs_and_gradients(fast, inputs, jit), outputs_and_gradients(plain, inputs), strict=True):
        assert np.linalg.norm(got - want) <= 1e-5 * np.linalg.norm(want)
    assert (outputs_and_gradients(fast, inputs, jit)[0] != outputs_and_gradients(plain, inputs, jit)[0]).any()


def test_outside_training_the_plain_convolution_runs():
    fast, plain = pair()
    np.testing.assert_array_equal(fast(random_input(6, 8)), plain(random_input(6, 8)))


def test_odd_sizes_train_with_the_plain_convolution():
    fast, plain = pair()
    for got, want in zip(
        outputs_and_gradients(fast, random_input(7, 9)), outputs_and_gradients(plain, random_input(7, 9)), strict=True
    ):
        np.testing.assert_array_equal(got, want)


def test_low_precision_trains_with_the_plain_convolution():
    fast, plain = pair(dtype="mixed_bfloat16")
    np.testing.assert_array_equal(*(tf.cast(layer(random_input(6, 8), training=True), "float32") for layer in (fast, plain)))


def test_a_graph_of_unknown_sizes_trains():
    fast, plain = pair()
    graph = tf.function(lambda inputs: fast(inputs, training=True), input_signature=[tf.TensorSpec((None, None, None, CHANNELS))])
    np.testing.assert_allclose(graph(random_input(6, 8)), plain(random_input(6, 8)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (6, 8), (7, 4), (8, 11)])
def test_a_kernel_transformed_in_advance_works_for_every_size_in_a_graph_too(height: int, width: int):
    fast, plain = pair(filters=CHANNELS + 16)
    transformed = transform_kernel(fast.kernel)
    fast.transformed_kernel = lambda: transformed
    inputs = random_input(height, width)
    graph = tf.function(fast, input_signature=[tf.TensorSpec((None, None, None, CHANNELS))])
    for got in (fast(inputs), graph(inputs)):
        np.testing.assert_allclose(got, plain(inputs), rtol=0, atol=2e-5)
        assert (got.numpy() != plain(inputs).numpy()).any()
