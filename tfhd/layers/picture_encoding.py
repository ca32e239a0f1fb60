from __future__ import annotations

import keras
from keras import ops

from tfhd.layers.label_encoding import with_edges


@keras.saving.register_keras_serializable(package="tfhd")
class PictureEncoding(keras.layers.Layer):
    """Hands pictures to the networks where these have no label maps: their channels, then the instance boundary map.

    Args:
        channels: of the pictures.
        instance_edges: whether to append the boundary map.

    Call arguments:
        label: float `(batch, height, width, channels)` in [-1, 1].
        instance: integer `(batch, height, width)`, ids 0..65535; not read without edges.

    Returns:
        `(batch, height, width, channels + 1)` in the compute dtype (`channels` without edges).
    """

    def __init__(self, channels: int, instance_edges: bool = True, **kwargs) -> None:
        super().__init__(autocast=False, **kwargs)
        self.channels, self.instance_edges = channels, instance_edges

    @property
    def output_channels(self) -> int:
        """Channels of what it returns."""
        return self.channels + int(self.instance_edges)

    def call(self, label, instance=None):
        picture = ops.cast(label, self.compute_dtype)
        return with_edges(picture, instance) if self.instance_edges else picture

    def compute_output_shape(self, label_shape, instance_shape=None):
        return (*label_shape[:-1], self.output_channels)
