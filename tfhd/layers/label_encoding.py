from __future__ import annotations

import keras
from keras import ops


def instance_edges(instance):
    """Returns the boundary map: True where a pixel's id differs from that of any of its four neighbours (paper section 3.3).

    Args:
        instance: integer `(batch, height, width)`.

    Returns:
        bool `(batch, height, width)`.
    """
    vertical = ops.not_equal(instance[:, 1:], instance[:, :-1])
    horizontal = ops.not_equal(instance[:, :, 1:], instance[:, :, :-1])
    above, below = ((0, 0), (1, 0), (0, 0)), ((0, 0), (0, 1), (0, 0))
    left, right = ((0, 0), (0, 0), (1, 0)), ((0, 0), (0, 0), (0, 1))
    rows = ops.logical_or(ops.pad(vertical, above), ops.pad(vertical, below))
    columns = ops.logical_or(ops.pad(horizontal, left), ops.pad(horizontal, right))
    return ops.logical_or(rows, columns)


def with_edges(channels, instance):
    """`channels`, float `(batch, height, width, C)`, and after them the boundary map of `instance` as 0 and 1."""
    edges = ops.cast(instance_edges(instance), channels.dtype)
    # Not edges[..., None], for which TFLite has no operator.
    return ops.concatenate([channels, ops.expand_dims(edges, -1)], axis=-1)


@keras.saving.register_keras_serializable(package="tfhd")
class LabelEncoding(keras.layers.Layer):
    """Encodes class and instance maps for the networks: one-hot classes, then the instance boundary map.

    Args:
        num_classes: classes of the label set; a pixel outside 0..num_classes-1 gets all zeros.
        instance_edges: whether to append the boundary map.

    Call arguments:
        label: integer `(batch, height, width)`, class indices.
        instance: integer `(batch, height, width)`, ids 0..65535, which are only compared with each other.

    Returns:
        `(batch, height, width, num_classes + 1)` of 0 and 1 in the compute dtype (`num_classes` without edges).

    Reference:
        Wang et al., CVPR 2018, section 3.3.
    """

    def __init__(self, num_classes: int, instance_edges: bool = True, **kwargs) -> None:
        # Without autocast, so that integers stay integers: bfloat16 does not distinguish all ids above 256.
        super().__init__(autocast=False, **kwargs)
        self.num_classes, self.instance_edges = num_classes, instance_edges

    @property
    def output_channels(self) -> int:
        """Channels of what it returns."""
        return self.num_classes + int(self.instance_edges)

    def call(self, label, instance):
        one_hot = ops.one_hot(ops.cast(label, "int32"), self.num_classes, dtype=self.compute_dtype)
        return with_edges(one_hot, instance) if self.instance_edges else one_hot

    def compute_output_shape(self, label_shape, instance_shape):
        return (*label_shape, self.output_channels)
