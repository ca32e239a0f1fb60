from __future__ import annotations

import keras
from keras import ops

NUM_INSTANCE_IDS = 65536
"""Number of ids that an instance map can hold: 0..65535, as in a 16-bit PNG."""


def instance_segments(instance):
    """Numbers every (sample, id) pair, so that one segment sum covers a whole batch with any ids.

    Args:
        instance: integer `(batch, height, width)`, ids 0..65535.

    Returns:
        int32 `(batch * height * width,)` in 0..batch*65536-1, and the number of segments.
    """
    batch = ops.shape(instance)[0]
    offset = ops.arange(batch, dtype="int32")[:, None, None] * NUM_INSTANCE_IDS
    return ops.reshape(ops.cast(instance, "int32") + offset, (-1,)), batch * NUM_INSTANCE_IDS


@keras.saving.register_keras_serializable(package="tfhd")
class InstanceAveragePooling(keras.layers.Layer):
    """Replaces every feature by its mean over the instance that the pixel belongs to.

    Call arguments:
        features: float `(batch, height, width, channels)`.
        instance: integer `(batch, height, width)`, ids 0..65535 with any gaps.

    Returns:
        float32 tensor of the shape of `features`.

    Reference:
        Wang et al., CVPR 2018, section 3.4 ("instance-wise average pooling layer").
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(autocast=False, **kwargs)

    def call(self, features, instance):
        segments, num_segments = instance_segments(instance)
        pixels = ops.segment_sum(ops.ones_like(segments), segments, num_segments)
        pixels = ops.cast(ops.maximum(pixels, 1), "float64")
        # Channel by channel: TensorFlow takes twice as long on a CPU to sum rows of few channels.
        channels = ops.unstack(ops.reshape(features, (-1, features.shape[-1])), axis=-1)
        # A running float32 sum over a million equal pixels is off by a percent.
        totals = [ops.segment_sum(ops.cast(channel, "float64"), segments, num_segments) for channel in channels]
        means = ops.cast(ops.stack([total / pixels for total in totals], axis=-1), "float32")
        return ops.reshape(ops.take(means, segments, axis=0), ops.shape(features))

    def compute_output_shape(self, features_shape, instance_shape):
        return features_shape
