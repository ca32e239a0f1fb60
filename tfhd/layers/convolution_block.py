from __future__ import annotations

from typing import Literal

import keras

from tfhd.layers.instance_normalization import InstanceNormalization
from tfhd.layers.reflection_padding import ReflectionPadding2D
from tfhd.layers.sequential_build import build_sequence
from tfhd.layers.winograd_conv2d import WinogradConv2D

Padding = Literal["zero", "reflect"]

# Slopes for negative values of the activations that `InstanceNormalization` can apply itself.
_SLOPES = {keras.activations.linear: 1.0, keras.activations.relu: 0.0, keras.activations.leaky_relu: 0.2}


def initializer() -> keras.initializers.Initializer:
    """Returns a new N(0, 0.02) initializer (paper, appendix). One shared by two kernels would give both the same values."""
    return keras.initializers.RandomNormal(stddev=0.02)


@keras.saving.register_keras_serializable(package="tfhd")
class ConvolutionBlock(keras.layers.Layer):
    """Padding, convolution, instance normalization (optional), activation (optional).

    Here the convolutions of generator, encoder and discriminators are padded: explicitly, and by as much on all four sides,
    strided ones included. On even sizes, Keras' `padding="same"` would pad those only at the bottom and the right, one pixel
    off the original. The setting `generator.padding` chooses `padding` for the global generator's stride-2 convolutions; all
    other strided ones pad zeros.

    Args:
        filters: output channels.
        kernel_size: height and width of the kernel.
        strides: stride in both directions.
        pad: pixels added on each side; `kernel_size // 2` by default.
        padding: what is added: `"zero"` for zeros, `"reflect"` for the mirrored border.
        normalize: whether an `InstanceNormalization` follows the convolution.
        activation: name of a Keras activation, or None.

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        `(batch, (height + 2 * pad - kernel_size) // strides + 1, ..., filters)`, the width alike.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        *,
        pad: int | None = None,
        padding: Padding = "zero",
        normalize: bool = True,
        activation: str | None = "relu",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.pad = kernel_size // 2 if pad is None else pad
        policy = self.dtype_policy.name
        pad_layer = ReflectionPadding2D if padding == "reflect" else keras.layers.ZeroPadding2D
        self.padding_layer = pad_layer(self.pad, dtype=policy, name="pad")
        options = {"kernel_initializer": initializer(), "dtype": policy, "name": "conv"}
        if (kernel_size, strides) == (3, 1):
            self.conv = WinogradConv2D(filters, **options)
        else:
            self.conv = keras.layers.Conv2D(filters, kernel_size, strides, **options)
        self.norm = InstanceNormalization(dtype=policy, name="norm") if normalize else None
        self.activation = keras.activations.get(activation)

    def build(self, input_shape) -> None:
        build_sequence([self.padding_layer, self.conv], input_shape)

    def call(self, inputs):
        x = self.conv(self.padding_layer(inputs))
        if self.norm is None:
            return self.activation(x)
        slope = _SLOPES.get(self.activation)
        return self.activation(self.norm(x)) if slope is None else self.norm(x, negative_slope=slope)

    def compute_output_shape(self, input_shape):
        return self.conv.compute_output_shape(self.padding_layer.compute_output_shape(input_shape))
