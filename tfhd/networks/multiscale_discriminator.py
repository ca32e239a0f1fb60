from __future__ import annotations

import keras

from tfhd.layers import AverageDownsampling, ConvolutionBlock
from tfhd.layers.sequence import build_sequence

_MAX_FILTERS = 512


class _PatchDiscriminator(keras.layers.Layer):
    """A PatchGAN: every value of its last output judges one patch of the input."""

    def __init__(self, filters: int, num_layers: int, final_stride: int, **kwargs) -> None:
        super().__init__(**kwargs)
        widths = [min(filters * 2**i, _MAX_FILTERS) for i in range(num_layers + 1)]
        strides = [2] * num_layers + [final_stride]
        self.blocks = [
            ConvolutionBlock(
                width,
                4,
                stride,
                pad=2,
                normalize=i > 0,
                activation="leaky_relu",  # slope 0.2
                dtype=self.dtype_policy,
                name=f"block_{i}",
            )
            for i, (width, stride) in enumerate(zip(widths, strides, strict=True))
        ]
        self.blocks.append(
            ConvolutionBlock(1, 4, 1, pad=2, normalize=False, activation=None, dtype=self.dtype_policy, name="judgement")
        )

    def build(self, input_shape) -> None:
        build_sequence(self.blocks, input_shape)

    def call(self, inputs):
        outputs = []
        for block in self.blocks:
            inputs = block(inputs)
            outputs.append(inputs)
        return outputs


@keras.saving.register_keras_serializable(package="tfhd")
class MultiscaleDiscriminator(keras.Model):
    """PatchGAN discriminators on a pyramid of halved sizes.

    Args:
        filters: channels of each one's first layer; they double up to 512.
        num_layers: stride-2 layers before the last wide one.
        num_scales: discriminators.
        final_stride: stride of the last wide layer: 1 in the released code (a field of 70x70 pixels), 2 in the paper's table.

    Call arguments:
        inputs: `(batch, height, width, channels)`: one-hot classes, edges, picture.

    Returns:
        A list per scale, the finest first, of lists of layer outputs `(batch, h, w, c)`; the last of each is the judgement
        (one channel, no activation), those before are the features of the feature-matching loss.

    Reference:
        Wang et al., CVPR 2018, section 3.2, "Multi-scale discriminators".
    """

    def __init__(self, filters: int = 64, num_layers: int = 3, num_scales: int = 3, *, final_stride: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.filters, self.num_layers, self.num_scales, self.final_stride = filters, num_layers, num_scales, final_stride
        self.pyramid = AverageDownsampling(dtype=self.dtype_policy, name="pyramid")
        self.scales = [
            _PatchDiscriminator(filters, num_layers, final_stride, dtype=self.dtype_policy, name=f"scale_{i}")
            for i in range(num_scales)
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

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "num_layers": self.num_layers,
            "num_scales": self.num_scales,
            "final_stride": self.final_stride,
        }
