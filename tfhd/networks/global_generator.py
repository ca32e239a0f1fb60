from __future__ import annotations

import keras

from tfhd.layers import ConvolutionBlock, OutputBlock, ResidualBlock, UpsamplingBlock
from tfhd.layers.convolution_block import Padding
from tfhd.layers.reflection_fit import Fit, ReflectionFit, fitted
from tfhd.layers.sequential_build import build_sequence
from tfhd.layers.upsampling_block import Upsample
from tfhd.networks.configured_model import ConfiguredModel


@keras.saving.register_keras_serializable(package="tfhd")
class GlobalGenerator(ConfiguredModel):
    """The coarse generator G1: a front end, downsampling, residual blocks at low resolution, and upsampling.

    Args:
        filters: channels after the first convolution; they double with every halving of the size.
        num_downsamples: stride-2 convolutions, and as many upsampling blocks.
        num_residual_blocks: 9 in the released code, 8 in the paper's appendix.
        output_channels: channels of the image.
        padding: padding of the stride-2 convolutions: `"zero"` as in the released code, `"reflect"` against light blobs
            (`tfhd.layers.ConvolutionBlock` does the padding).
        upsample: `"transpose"` as published, `"resize"` against checkerboard patterns.
        fit: `"pad"` takes any height and width: they are grown by `tfhd.layers.ReflectionFit`, and the image is cut back.
        include_top: False returns the `filters` features before the output block, as a local enhancer needs them.

    Call arguments:
        inputs: `(batch, height, width, channels)`: one-hot classes, edges and, with an encoder, style features.
            Height and width must be multiples of `2 ** num_downsamples`, unless `fit` is `"pad"`.

    Returns:
        float32 `(batch, height, width, output_channels)` in [-1, 1].

    Example:
        >>> GlobalGenerator(filters=8, num_downsamples=2, num_residual_blocks=1)(keras.ops.ones((1, 32, 64, 36))).shape
        TensorShape([1, 32, 64, 3])

    Reference:
        Wang et al., CVPR 2018, section 3.1 and appendix.
    """

    def __init__(
        self,
        filters: int = 64,
        num_downsamples: int = 4,
        num_residual_blocks: int = 9,
        output_channels: int = 3,
        *,
        padding: Padding = "zero",
        upsample: Upsample = "transpose",
        fit: Fit = "resize",
        include_top: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.output_channels = filters, output_channels
        policy = self.dtype_policy.name
        self.fit = ReflectionFit(2**num_downsamples, dtype=policy, name="fit") if fit == "pad" else None
        widths = [filters * 2**level for level in range(num_downsamples + 1)]
        self.front_end = ConvolutionBlock(filters, 7, padding="reflect", dtype=policy, name="front_end")
        self.downsampling = [
            ConvolutionBlock(width, 3, 2, padding=padding, dtype=policy, name=f"downsampling_{i}")
            for i, width in enumerate(widths[1:])
        ]
        self.residual_blocks = [
            ResidualBlock(widths[-1], dtype=policy, name=f"residual_block_{i}") for i in range(num_residual_blocks)
        ]
        self.upsampling = [
            UpsamplingBlock(width, upsample, dtype=policy, name=f"upsampling_{i}") for i, width in enumerate(widths[-2::-1])
        ]
        self.top = OutputBlock(output_channels, dtype=policy, name="top") if include_top else None

    @property
    def blocks(self) -> list[keras.layers.Layer]:
        """All blocks, in the order in which they run."""
        blocks = [self.front_end, *self.downsampling, *self.residual_blocks, *self.upsampling]
        return blocks if self.top is None else [*blocks, self.top]

    def build(self, input_shape) -> None:
        build_sequence(self.blocks, input_shape)

    def call(self, inputs):
        return fitted(self.fit, inputs, self._run)

    def _run(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return inputs

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters if self.top is None else self.output_channels)
