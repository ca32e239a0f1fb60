from __future__ import annotations

import keras
from keras import ops

from tfhd.layers import ConvolutionBlock, InstanceNormalization
from tfhd.layers.convolution_block import initializer
from tfhd.layers.reflection_fit import Fit, ReflectionFit, fitted
from tfhd.networks.configured_model import ConfiguredModel

_WIDEST = 8
"""Channels double with every level, up to this many times those of the first."""


class _Expansion(keras.layers.Layer):
    """ReLU, a 4x4 transposed convolution to twice the size, and instance normalization but in the last one."""

    def __init__(self, filters: int, normalize: bool, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy.name
        self.conv = keras.layers.Conv2DTranspose(
            filters, 4, 2, padding="same", kernel_initializer=initializer(), dtype=policy, name="conv"
        )
        self.norm = InstanceNormalization(dtype=policy, name="norm") if normalize else None

    def build(self, input_shape) -> None:
        self.conv.build(input_shape)

    def call(self, inputs):
        x = self.conv(ops.relu(inputs))
        return x if self.norm is None else self.norm(x)

    def compute_output_shape(self, input_shape):
        return self.conv.compute_output_shape(input_shape)


@keras.saving.register_keras_serializable(package="tfhd")
class UNetGenerator(ConfiguredModel):
    """The generator of pix2pix: halvings down to a few pixels, and as many doublings, each beside what had its size before.

    Batch normalization of one picture, as pix2pix trains, is instance normalization. Its dropout, the only noise there, is left
    out, so that pictures follow from label maps.

    Args:
        filters: channels after the first halving; they double with every level, up to eight times as many.
        num_downsamples: halvings; 8 for 256x256 in pix2pix.
        output_channels: channels of the image.
        fit: as for `GlobalGenerator`.

    Call arguments:
        inputs: `(batch, height, width, channels)`: one-hot classes, edges and, with an encoder, style features.
            Height and width must be multiples of `2 ** num_downsamples`, unless `fit` is `"pad"`.

    Returns:
        float32 `(batch, height, width, output_channels)` in [-1, 1].

    Reference:
        Isola et al., Image-to-Image Translation with Conditional Adversarial Networks, CVPR 2017, appendix.
    """

    def __init__(
        self, filters: int = 64, num_downsamples: int = 8, output_channels: int = 3, *, fit: Fit = "resize", **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.output_channels = filters, output_channels
        policy = self.dtype_policy.name
        self.fit = ReflectionFit(2**num_downsamples, dtype=policy, name="fit") if fit == "pad" else None
        widths = [filters * min(2**level, _WIDEST) for level in range(num_downsamples)]
        self.contraction = [
            ConvolutionBlock(
                width,
                4,
                2,
                pad=1,
                # The first reads the picture; the last may be left with one pixel, of which a norm would leave nothing.
                normalize=0 < level < num_downsamples - 1,
                activation=None,
                dtype=policy,
                name=f"contraction_{level}",
            )
            for level, width in enumerate(widths)
        ]
        self.expansion = [
            _Expansion(width, normalize=level > 0, dtype=policy, name=f"expansion_{level}")
            for level, width in reversed(list(enumerate([output_channels, *widths[:-1]])))
        ]
        self.tanh = keras.layers.Activation("tanh", dtype="float32", name="tanh")

    def build(self, input_shape) -> None:
        shapes = [input_shape]
        for block in self.contraction:
            block.build(shapes[-1])
            shapes.append(block.compute_output_shape(shapes[-1]))
        shape = shapes.pop()
        for block in self.expansion:
            block.build(shape)
            shape = block.compute_output_shape(shape)
            shape = (*shape[:-1], shape[-1] + shapes.pop()[-1])

    def call(self, inputs):
        return fitted(self.fit, inputs, self._run)

    def _run(self, inputs):
        x, beside = inputs, []
        for level, block in enumerate(self.contraction):
            x = block(ops.leaky_relu(x, 0.2) if level else x)
            beside.append(x)
        beside.pop()
        for block in self.expansion[:-1]:
            x = ops.concatenate([block(x), beside.pop()], axis=-1)
        return self.tanh(self.expansion[-1](x))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_channels)
