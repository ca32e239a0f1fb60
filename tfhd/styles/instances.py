"""The instances of a batch: which there are, the class of each, the vector of each. Runs in Python and in exported graphs."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tfhd.layers.instance_average_pooling import NUM_INSTANCE_IDS


class Instances(NamedTuple):
    """The U different (sample, instance id) pairs of a batch.

    Attributes:
        sample: int32 `(U,)`, index in the batch.
        instance_id: int32 `(U,)`, 0..65535.
        class_index: int32 `(U,)`, the class of most of its pixels.
        pixels: int32 `(U,)`, how many pixels it has.
        index_of_pixel: int32 `(batch, height, width)`, which of the U pairs each pixel belongs to.
    """

    sample: tf.Tensor
    instance_id: tf.Tensor
    class_index: tf.Tensor
    pixels: tf.Tensor
    index_of_pixel: tf.Tensor


def find_instances(label: tf.Tensor, instance: tf.Tensor, num_classes: int) -> Instances:
    """Finds the instances of a batch and the class of each, by the majority of its pixels.

    Args:
        label: integer `(batch, height, width)`, class indices 0..num_classes-1.
        instance: integer `(batch, height, width)`, ids 0..65535.
        num_classes: classes of the label set.
    """
    sample = tf.range(tf.shape(instance)[0])
    keys = tf.reshape(tf.cast(instance, tf.int32) + sample[:, None, None] * NUM_INSTANCE_IDS, (-1,))
    pairs, index_of_pixel, pixels = tf.unique_with_counts(keys)
    votes = index_of_pixel * num_classes + tf.reshape(tf.cast(label, tf.int32), (-1,))
    votes = tf.math.bincount(votes, minlength=tf.size(pairs) * num_classes)
    class_index = tf.argmax(tf.reshape(votes, (-1, num_classes)), axis=1, output_type=tf.int32)
    index_of_pixel = tf.reshape(index_of_pixel, tf.shape(instance))
    return Instances(pairs // NUM_INSTANCE_IDS, pairs % NUM_INSTANCE_IDS, class_index, pixels, index_of_pixel)


def instance_vectors(features: tf.Tensor, instances: Instances) -> tf.Tensor:
    """The feature vector of each instance.

    Args:
        features: float32 `(batch, height, width, C)`, the same for every pixel of an instance.
        instances: the instances of that batch.

    Returns:
        float32 `(U, C)`.
    """
    flat = tf.reshape(features, (-1, features.shape[-1]))
    # All pixels of an instance have the same value, and unlike the mean, the maximum returns exactly that.
    return tf.math.unsorted_segment_max(flat, tf.reshape(instances.index_of_pixel, (-1,)), tf.size(instances.pixels))
