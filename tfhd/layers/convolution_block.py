from __future__ import annotations

from typing import Literal

import keras

from tfhd.layers.instance_normalization import InstanceNormalization
from tfhd.layers.reflection_padding import ReflectionPadding2D
from tfhd.layers.sequence import build_sequence
from tfhd.layers.winograd_conv2d import WinogradConv2D

Padding = Literal["zero", "reflect"]

# Activations that normalization does in passing.
_SLOPES = {keras.activations.linear: 1.0, keras.activations.relu: 0.0, keras.activations.leaky_relu: 0.2}


def initializer() -> keras.initializers.Initializer:
    """A new N(0, 0.02) initializer (paper, appendix); one instance shared by two kernels would give both the same values."""
    return keras.initializers.RandomNormal(stddev=0.02)


@keras.saving.register_keras_serializable(package="tfhd")
class ConvolutionBlock(keras.layers.Layer):
    """Padding, convolution, instance normalization (optional), activation (optional).

    Padding is explicit and the same on both sides: Keras' `"same"` pads strided convolutions on even sizes
    only at the far side, one pixel off the original.

    Args:
        filters: output channels.
        kernel_size: height and width of the kernel.
        strides: stride in both directions.
        pad: pixels added on each side; `kernel_size // 2` by default.
        padding: `"zero"` or `"reflect"`.
        normalize: whether an `InstanceNormalization` follows.
        activation: a Keras activation, or None.

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        `(batch, height', width', filters)`.
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
        activation="relu",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.pad = kernel_size // 2 if pad is None else pad
        self.padding, self.normalize = padding, normalize
        policy = self.dtype_policy
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

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "pad": self.pad,
            "padding": self.padding,
            "normalize": self.normalize,
            "activation": keras.activations.serialize(self.activation),
        }
