from __future__ import annotations

import keras

from tfhd.layers import AverageDownsampling, ConvolutionBlock, OutputBlock, ResidualBlock, UpsamplingBlock
from tfhd.layers.convolution_block import Padding
from tfhd.layers.reflection_fit import Fit, ReflectionFit, fitted
from tfhd.layers.sequential_build import build_sequence
from tfhd.layers.upsampling_block import Upsample
from tfhd.networks.configured_model import ConfiguredModel
from tfhd.networks.global_generator import GlobalGenerator


class _Enhancer(keras.layers.Layer):
    """One enhancer: a front end that halves the size, addition of the coarser features, residual blocks, one upsampling."""

    def __init__(self, filters: int, num_residual_blocks: int, upsample: Upsample, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy.name
        self.front_end = [
            ConvolutionBlock(filters, 7, padding="reflect", dtype=policy, name="front_end"),
            ConvolutionBlock(filters * 2, 3, 2, dtype=policy, name="downsampling"),
        ]
        self.residual_blocks = [
            ResidualBlock(filters * 2, dtype=policy, name=f"residual_block_{i}") for i in range(num_residual_blocks)
        ]
        self.upsampling = UpsamplingBlock(filters, upsample, dtype=policy, name="upsampling")

    def build(self, inputs_shape, coarse_shape) -> None:
        build_sequence([*self.front_end, *self.residual_blocks, self.upsampling], inputs_shape)

    def call(self, inputs, coarse):
        x = inputs  # (N, H, W, C); coarse is (N, H/2, W/2, 2 * filters)
        for block in self.front_end:
            x = block(x)
        x = x + coarse
        for block in self.residual_blocks:
            x = block(x)
        return self.upsampling(x)  # (N, H, W, filters)


@keras.saving.register_keras_serializable(package="tfhd")
class LocalEnhancer(ConfiguredModel):
    """The global generator inside local enhancers (G1 + G2, G1 + G2 + G3), each of which doubles the size.

    Args:
        filters: channels at full resolution; the inner global generator has `filters * 2 ** num_enhancers`.
        num_enhancers: enhancers around the global generator.
        num_downsamples: stride-2 convolutions of the global generator.
        num_residual_blocks: residual blocks of the global generator.
        num_local_residual_blocks: residual blocks of each enhancer.
        output_channels: channels of the image.
        padding: padding of the global generator's stride-2 convolutions, `"zero"` or `"reflect"`; enhancers pad zeros.
        upsample: upsampling of the global generator and of the enhancers, `"transpose"` or `"resize"`.
        fit: `"pad"` takes any height and width: they are grown by `tfhd.layers.ReflectionFit`, and the image is cut back.

    Call arguments:
        inputs: `(batch, height, width, channels)` at full resolution; coarser levels are averaged from it.
            Height and width must be multiples of `2 ** (num_downsamples + num_enhancers)`, unless `fit` is `"pad"`.

    Returns:
        float32 `(batch, height, width, output_channels)` in [-1, 1].

    Reference:
        Wang et al., CVPR 2018, section 3.1, "Coarse-to-fine generator".
    """

    def __init__(
        self,
        filters: int = 32,
        num_enhancers: int = 1,
        num_downsamples: int = 4,
        num_residual_blocks: int = 9,
        num_local_residual_blocks: int = 3,
        output_channels: int = 3,
        *,
        padding: Padding = "zero",
        upsample: Upsample = "transpose",
        fit: Fit = "resize",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.output_channels = filters, output_channels
        policy = self.dtype_policy.name
        multiple = 2 ** (num_downsamples + num_enhancers)
        self.fit = ReflectionFit(multiple, dtype=policy, name="fit") if fit == "pad" else None
        self.pyramid = AverageDownsampling(dtype=policy, name="pyramid")
        self.global_generator = GlobalGenerator(
            filters * 2**num_enhancers,
            num_downsamples,
            num_residual_blocks,
            padding=padding,
            upsample=upsample,
            include_top=False,
            dtype=policy,
            name="global_generator",
        )
        self.enhancers = [  # coarsest first
            _Enhancer(filters * 2**level, num_local_residual_blocks, upsample, dtype=policy, name=f"enhancer_{level}")
            for level in reversed(range(num_enhancers))
        ]
        self.top = OutputBlock(output_channels, dtype=policy, name="top")

    def build(self, input_shape) -> None:
        self.global_generator.build(input_shape)
        for enhancer in self.enhancers:
            enhancer.build(input_shape, None)
        self.top.build((*input_shape[:-1], self.filters))

    def call(self, inputs):
        return fitted(self.fit, inputs, self._run)

    def _run(self, inputs):
        levels = [inputs]
        for _ in self.enhancers:
            levels.append(self.pyramid(levels[-1]))
        x = self.global_generator(levels.pop())
        for enhancer, level in zip(self.enhancers, reversed(levels), strict=True):
            x = enhancer(level, x)
        return self.top(x)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_channels)
