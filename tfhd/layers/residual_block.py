from __future__ import annotations

import keras

from tfhd.layers.convolution_block import ConvolutionBlock
from tfhd.layers.sequential_build import build_sequence


@keras.saving.register_keras_serializable(package="tfhd")
class ResidualBlock(keras.layers.Layer):
    """Two reflection-padded 3x3 convolutions with instance normalization, added to their input; no ReLU after the sum.

    Args:
        filters: channels of input and output.

    Call arguments:
        inputs: `(batch, height, width, filters)`, height and width at least 2.

    Returns:
        A tensor of the shape of `inputs`.

    Reference:
        Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", 2016.
    """

    def __init__(self, filters: int, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy.name
        self.first = ConvolutionBlock(filters, padding="reflect", dtype=policy, name="first")
        self.second = ConvolutionBlock(filters, padding="reflect", activation=None, dtype=policy, name="second")

    def build(self, input_shape) -> None:
        build_sequence([self.first, self.second], input_shape)

    def call(self, inputs):
        return inputs + self.second(self.first(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape
