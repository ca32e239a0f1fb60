from __future__ import annotations

import keras

from tfhd.layers.convolution_block import ConvolutionBlock
from tfhd.layers.sequential_build import build_sequence


@keras.saving.register_keras_serializable(package="tfhd")
class OutputBlock(keras.layers.Layer):
    """A reflection-padded 7x7 convolution and tanh: the last layer of generators and encoder, float32 in every precision.

    Args:
        channels: output channels.

    Call arguments:
        inputs: `(batch, height, width, features)`, height and width at least 4.

    Returns:
        float32 `(batch, height, width, channels)` in [-1, 1].
    """

    def __init__(self, channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.block = ConvolutionBlock(
            channels, 7, padding="reflect", normalize=False, activation=None, dtype=self.dtype_policy.name, name="block"
        )
        self.tanh = keras.layers.Activation("tanh", dtype="float32", name="tanh")

    def build(self, input_shape) -> None:
        build_sequence([self.block], input_shape)

    def call(self, inputs):
        return self.tanh(self.block(inputs))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.channels)
