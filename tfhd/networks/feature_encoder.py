from __future__ import annotations

import keras

from tfhd.layers import ConvolutionBlock, InstanceAveragePooling, OutputBlock, UpsamplingBlock
from tfhd.layers.reflection_fit import Fit, ReflectionFit, fitted
from tfhd.layers.sequential_build import build_sequence
from tfhd.networks.configured_model import ConfiguredModel


@keras.saving.register_keras_serializable(package="tfhd")
class FeatureEncoder(ConfiguredModel):
    """Encodes a photo into a few style channels, the same for every pixel of an instance.

    Args:
        filters: channels after the first convolution; they double with every halving of the size.
        num_downsamples: stride-2 convolutions, and as many transposed ones.
        feature_channels: style channels.
        fit: `"pad"` takes photos of any height and width, grown by `tfhd.layers.ReflectionFit`.

    Call arguments:
        image: `(batch, height, width, channels)` in [-1, 1]; sizes are multiples of `2 ** num_downsamples`, unless
            `fit` is `"pad"`.
        instance: integer `(batch, height, width)`, ids 0..65535.

    Returns:
        float32 `(batch, height, width, feature_channels)` in [-1, 1].

    Reference:
        Wang et al., CVPR 2018, section 3.4.
    """

    def __init__(
        self,
        filters: int = 16,
        num_downsamples: int = 4,
        feature_channels: int = 3,
        *,
        fit: Fit = "resize",
        **kwargs,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.feature_channels = feature_channels
        policy = self.dtype_policy.name
        self.fit = ReflectionFit(2**num_downsamples, dtype=policy, name="fit") if fit == "pad" else None
        widths = [filters * 2**level for level in range(num_downsamples + 1)]
        self.front_end = ConvolutionBlock(filters, 7, padding="reflect", dtype=policy, name="front_end")
        self.downsampling = [
            ConvolutionBlock(width, 3, 2, dtype=policy, name=f"downsampling_{i}") for i, width in enumerate(widths[1:])
        ]
        self.upsampling = [UpsamplingBlock(width, dtype=policy, name=f"upsampling_{i}") for i, width in enumerate(widths[-2::-1])]
        self.top = OutputBlock(feature_channels, dtype=policy, name="top")
        self.pooling = InstanceAveragePooling(dtype="float32", name="pooling")

    @property
    def _blocks(self) -> list[keras.layers.Layer]:
        return [self.front_end, *self.downsampling, *self.upsampling, self.top]

    def build(self, image_shape, instance_shape) -> None:
        build_sequence(self._blocks, image_shape)

    def features(self, image):
        """Style features before pooling: float32 `(batch, height, width, feature_channels)`."""
        return fitted(self.fit, image, self._run)

    def _run(self, image):
        for block in self._blocks:
            image = block(image)
        return image

    def call(self, image, instance):
        return self.pooling(self.features(image), instance)

    def compute_output_shape(self, image_shape, instance_shape):
        return (*image_shape[:-1], self.feature_channels)
