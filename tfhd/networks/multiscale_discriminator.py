from __future__ import annotations

import keras

from tfhd.layers import AverageDownsampling, ConvolutionBlock
from tfhd.layers.sequential_build import build_sequence
from tfhd.networks.configured_model import ConfiguredModel

_MAX_FILTERS = 512


class _PatchDiscriminator(keras.layers.Layer):
    """A PatchGAN: every value of its last output rates one patch of the input."""

    def __init__(self, filters: int, num_layers: int, final_stride: int, **kwargs) -> None:
        super().__init__(**kwargs)
        widths = [min(filters * 2**i, _MAX_FILTERS) for i in range(num_layers + 1)]
        strides = [2] * num_layers + [final_stride]
        policy = self.dtype_policy.name
        self.blocks = [
            ConvolutionBlock(
                width,
                4,
                stride,
                pad=2,
                normalize=i > 0,
                activation="leaky_relu",  # slope 0.2
                dtype=policy,
                name=f"block_{i}",
            )
            for i, (width, stride) in enumerate(zip(widths, strides, strict=True))
        ]
        self.blocks.append(ConvolutionBlock(1, 4, 1, pad=2, normalize=False, activation=None, dtype=policy, name="judgement"))

    def build(self, input_shape) -> None:
        build_sequence(self.blocks, input_shape)

    def call(self, inputs):
        outputs = []
        for block in self.blocks:
            inputs = block(inputs)
            outputs.append(inputs)
        return outputs


@keras.saving.register_keras_serializable(package="tfhd")
class MultiscaleDiscriminator(ConfiguredModel):
    """PatchGAN discriminators on an image pyramid, each at half the size of the one before.

    Args:
        filters: channels of each discriminator's first layer; they double with every layer, up to 512.
        num_layers: stride-2 layers before the last wide one.
        num_scales: number of discriminators.
        final_stride: stride of the last wide layer: 1 in the released code (70x70 receptive field), 2 in the paper's table.

    Call arguments:
        inputs: `(batch, height, width, channels)`: one-hot classes, edges, image.

    Returns:
        A list per scale, the finest first, of lists of layer outputs `(batch, h, w, c)`. The last output of each is the
        discriminator's score per patch (one channel, no activation); the others are the features for feature matching.

    Reference:
        Wang et al., CVPR 2018, section 3.2, "Multi-scale discriminators".
    """

    def __init__(self, filters: int = 64, num_layers: int = 3, num_scales: int = 3, *, final_stride: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy.name
        self.pyramid = AverageDownsampling(dtype=policy, name="pyramid")
        self.scales = [
            _PatchDiscriminator(filters, num_layers, final_stride, dtype=policy, name=f"scale_{i}") for i in range(num_scales)
        ]

    def build(self, input_shape) -> None:
        for scale in self.scales:
            scale.build(input_shape)

    def call(self, inputs):
        outputs = [self.scales[0](inputs)]
        for scale in self.scales[1:]:
            inputs = self.pyramid(inputs)
            outputs.append(scale(inputs))
        return outputs
