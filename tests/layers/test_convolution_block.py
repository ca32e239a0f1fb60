from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import ConvolutionBlock


@pytest.mark.parametrize(
    ("init_kwargs", "shape"),
    [
        ({"filters": 4}, (2, 8, 12, 4)),
        ({"filters": 4, "kernel_size": 7, "padding": "reflect"}, (2, 8, 12, 4)),
        ({"filters": 4, "strides": 2, "activation": None}, (2, 4, 6, 4)),
        ({"filters": 4, "kernel_size": 4, "strides": 2, "pad": 2, "normalize": False}, (2, 5, 7, 4)),
    ],
)
def test_behaves_as_a_layer(init_kwargs, shape):
    image = np.random.default_rng(0).normal(size=(2, 8, 12, 3)).astype("float32")
    run_layer_test(ConvolutionBlock, init_kwargs, (image,), shape)


@pytest.mark.parametrize(("padding", "numpy_mode"), [("zero", "constant"), ("reflect", "reflect")])
def test_strided_convolution_is_centred_on_even_pixels(padding, numpy_mode):
    block = ConvolutionBlock(1, 3, 2, padding=padding, normalize=False, activation=None)
    image = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    block(image)
    block.set_weights([np.ones((3, 3, 1, 1)), np.zeros(1)])
    output = np.asarray(block(image))[0, :, :, 0]
    assert output[1, 1] == image[0, 1:4, 1:4].sum()
    assert output[0, 0] == np.pad(image[0, :, :, 0], 1, mode=numpy_mode)[:3, :3].sum()


def test_starts_from_normal_weights_of_deviation_0_02_that_differ_between_blocks():
    kernels = []
    for _ in range(2):
        block = ConvolutionBlock(64)
        block.build((None, None, None, 64))
        kernels.append(np.asarray(block.conv.kernel))
        np.testing.assert_array_equal(block.conv.bias, 0)
    assert abs(kernels[0].mean()) < 1e-3
    assert kernels[0].std() == pytest.approx(0.02, rel=0.05)
    assert not np.allclose(*kernels)


def test_normalizes_before_it_activates():
    image = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype("float32")
    block = ConvolutionBlock(4, activation=None)
    linear = np.asarray(block(image))
    np.testing.assert_allclose(linear.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(linear.var((1, 2)), 1, atol=0.05)
    block.activation = keras.activations.relu
    np.testing.assert_allclose(block(image), np.maximum(linear, 0), atol=1e-6)
