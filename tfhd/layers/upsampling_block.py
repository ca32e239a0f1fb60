from __future__ import annotations

from typing import Literal

import keras
from keras import ops

from tfhd.layers.convolution_block import ConvolutionBlock, initializer
from tfhd.layers.instance_normalization import InstanceNormalization
from tfhd.layers.sequential_build import build_sequence

Upsample = Literal["transpose", "resize"]


@keras.saving.register_keras_serializable(package="tfhd")
class UpsamplingBlock(keras.layers.Layer):
    """Doubles height and width, then applies instance normalization and ReLU.

    Args:
        filters: output channels.
        mode: `"transpose"`, a 3x3 stride-2 transposed convolution as published; or `"resize"`, nearest-neighbour resizing
            and a reflection-padded 3x3 convolution, which leaves no checkerboard pattern (Odena et al., 2016).

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        `(batch, 2 * height, 2 * width, filters)`.
    """

    def __init__(self, filters: int, mode: Upsample = "transpose", **kwargs) -> None:
        super().__init__(**kwargs)
        self.filters, self.mode = filters, mode
        policy = self.dtype_policy.name
        if mode == "resize":
            self.resize = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=policy, name="resize")
            self.block = ConvolutionBlock(filters, padding="reflect", dtype=policy, name="block")
        else:
            self.conv = keras.layers.Conv2DTranspose(
                filters, 3, 2, padding="valid", kernel_initializer=initializer(), dtype=policy, name="conv"
            )
            self.norm = InstanceNormalization(dtype=policy, name="norm")

    def build(self, input_shape) -> None:
        build_sequence([self.resize, self.block] if self.mode == "resize" else [self.conv], input_shape)

    def call(self, inputs):
        if self.mode == "resize":
            resized = self.resize(inputs)
            # Where sizes are unknown, TFLite's converter loses the number of channels, and then fails on the convolution.
            return self.block(ops.reshape(resized, (*ops.shape(resized)[:3], inputs.shape[-1])))
        # The valid output has 2N + 1 rows and columns; without the first it is PyTorch's padding 1 with output padding 1.
        return self.norm(self.conv(inputs)[:, 1:, 1:, :], negative_slope=0.0)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        doubled = [None if size is None else 2 * size for size in (height, width)]
        return (batch, *doubled, self.filters)
