"""Style features for a label map, in TensorFlow operations: they run in Python and inside an exported graph alike."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tfhd.graph.assertions import require
from tfhd.layers.instance_average_pooling import NUM_INSTANCE_IDS

_TOLD = 20
"""Ids in a message; gRPC drops an answer whose message is long."""


class Instances(NamedTuple):
    """The U different (sample, instance id) pairs of a batch.

    Attributes:
        sample: int32 `(U,)`, place in the batch.
        instance_id: int32 `(U,)`, 0..65535.
        class_index: int32 `(U,)`, the class that most of its pixels have.
        pixels: int32 `(U,)`.
        place: int32 `(batch, height, width)`, which of the U pairs a pixel belongs to.
    """

    sample: tf.Tensor
    instance_id: tf.Tensor
    class_index: tf.Tensor
    pixels: tf.Tensor
    place: tf.Tensor


def instance_classes(label: tf.Tensor, instance: tf.Tensor, num_classes: int) -> Instances:
    """Finds the instances of a batch and the class of each, by the majority of its pixels.

    Args:
        label: integer `(batch, height, width)`, class indices 0..num_classes-1.
        instance: integer `(batch, height, width)`, ids 0..65535.
        num_classes: classes of the label set.
    """
    sample = tf.range(tf.shape(instance)[0])
    keys = tf.reshape(tf.cast(instance, tf.int32) + sample[:, None, None] * NUM_INSTANCE_IDS, (-1,))
    pairs, place, pixels = tf.unique_with_counts(keys)
    votes = place * num_classes + tf.reshape(tf.cast(label, tf.int32), (-1,))
    votes = tf.math.bincount(votes, minlength=tf.size(pairs) * num_classes)
    class_index = tf.argmax(tf.reshape(votes, (-1, num_classes)), axis=1, output_type=tf.int32)
    place = tf.reshape(place, tf.shape(instance))
    return Instances(pairs // NUM_INSTANCE_IDS, pairs % NUM_INSTANCE_IDS, class_index, pixels, place)


def style_features(
    centers: tf.Tensor,
    counts: tf.Tensor,
    label: tf.Tensor,
    instance: tf.Tensor,
    seed: tf.Tensor,
    style_instance: tf.Tensor,
    style_index: tf.Tensor,
) -> tf.Tensor:
    """Features for the generator, chosen from the style table.

    Args:
        centers: float32 `(classes, K, C)`, as in `StyleTable`.
        counts: int32 `(classes,)`.
        label: integer `(batch, height, width)`, class indices.
        instance: integer `(batch, height, width)`, ids 0..65535.
        seed: int32 `(batch,)`; negative takes each class's first style, otherwise a hash of (seed, instance id) picks one, so
            that an instance keeps its style when others come or go.
        style_instance: int32 `(batch, N)`, instances whose style is given, N at least 1; negative entries are unused. The
            first counts where one is listed twice.
        style_index: int32 `(batch, N)`, which of its class's styles each of them gets.

    Returns:
        float32 `(batch, height, width, C)`.

    Raises:
        tf.errors.InvalidArgumentError: a listed instance is not in its map, or its class has no style of that number.
    """
    instances = instance_classes(label, instance, centers.shape[0])
    styles = _seeded_styles(counts, instances, seed)
    listed, entry = _listed_entries(instances, style_instance)
    checks = [_all_present(instances, style_instance)]
    chosen = tf.gather_nd(style_index, tf.stack([instances.sample, entry], axis=1))
    available = tf.gather(counts, instances.class_index)
    checks.append(_all_available(instances, listed, chosen, available))
    with tf.control_dependencies(checks):
        styles = tf.where(listed, chosen, styles)
    vectors = tf.gather_nd(centers, tf.stack([instances.class_index, styles], axis=1))
    return tf.gather(vectors, instances.place)


def style_features_from_vectors(
    centers: tf.Tensor,
    counts: tf.Tensor,
    label: tf.Tensor,
    instance: tf.Tensor,
    seed: tf.Tensor,
    style_instance: tf.Tensor,
    style_vector: tf.Tensor,
) -> tf.Tensor:
    """Features for the generator, given as vectors, as an encoder reads them from a photo.

    Args:
        style_instance: int32 `(batch, N)`, instances whose vector is given; negative entries are unused, and so are those that
            are not in the map, since a photo's other instances may be listed too.
        style_vector: float32 `(batch, N, C)`.

    The other arguments, which serve the instances that are not listed, and what is returned are as in `style_features`.
    """
    instances = instance_classes(label, instance, centers.shape[0])
    listed, entry = _listed_entries(instances, style_instance)
    given = tf.gather_nd(style_vector, tf.stack([instances.sample, entry], axis=1))
    styles = _seeded_styles(counts, instances, seed)
    usual = tf.gather_nd(centers, tf.stack([instances.class_index, styles], axis=1))
    return tf.gather(tf.where(listed[:, None], given, usual), instances.place)


def _seeded_styles(counts: tf.Tensor, instances: Instances, seed: tf.Tensor) -> tf.Tensor:
    seed = tf.gather(seed, instances.sample)
    available = tf.maximum(tf.gather(counts, instances.class_index), 1)
    picked = tf.cast(_hash(seed, instances.instance_id) % tf.cast(available, tf.uint32), tf.int32)
    return tf.where(seed < 0, 0, picked)


def _hash(seed: tf.Tensor, instance_id: tf.Tensor) -> tf.Tensor:
    """uint32 `(U,)`: both numbers mixed, then MurmurHash3's finalizer (public domain), so that every bit depends on all."""
    value = tf.cast(seed, tf.uint32) * 0x9E3779B1 + tf.cast(instance_id, tf.uint32) + 1
    value = (value ^ (tf.bitwise.right_shift(value, 16))) * 0x85EBCA6B
    value = (value ^ (tf.bitwise.right_shift(value, 13))) * 0xC2B2AE35
    return value ^ tf.bitwise.right_shift(value, 16)


def _named_instances(instances: Instances, style_instance: tf.Tensor) -> tf.Tensor:
    """For each entry, which of the U instances it names, int32 `(batch * N,)`; U or more where none."""
    sample = tf.range(tf.shape(style_instance)[0])[:, None]
    # What is no id must not be taken for one of the next sample's.
    is_id = (style_instance >= 0) & (style_instance < NUM_INSTANCE_IDS)
    keys = tf.where(is_id, style_instance + sample * NUM_INSTANCE_IDS, -1)
    present = instances.instance_id + instances.sample * NUM_INSTANCE_IDS
    numbers = tf.unique(tf.concat([present, tf.reshape(keys, (-1,))], axis=0)).idx
    return numbers[tf.size(present) :]


def _listed_entries(instances: Instances, style_instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """For each instance, whether it is listed, bool `(U,)`, and at which place, int32 `(U,)` (0 if it is not)."""
    named, count = _named_instances(instances, style_instance), tf.size(instances.pixels)
    entries = tf.shape(style_instance)[1]
    place = tf.range(tf.size(named)) % entries
    # Negative numbers are left out.
    first = tf.math.unsorted_segment_min(place, tf.where(named < count, named, -1), count)
    listed = first < entries
    return listed, tf.where(listed, first, 0)


def _all_present(instances: Instances, style_instance: tf.Tensor) -> tf.Operation | None:
    absent = tf.reshape(style_instance >= 0, (-1,)) & (_named_instances(instances, style_instance) >= tf.size(instances.pixels))

    def message() -> tf.Tensor:
        first = tf.where(absent)[0, 0]
        sample = tf.cast(first, tf.int32) // tf.shape(style_instance)[1]
        of_sample = tf.boolean_mask(instances.instance_id, instances.sample == sample)
        ids = tf.strings.reduce_join(tf.as_string(tf.sort(of_sample)[:_TOLD]), separator=", ")
        ids = tf.strings.join([ids, tf.where(tf.size(of_sample) > _TOLD, " and others", "")])
        listed = tf.as_string(tf.reshape(style_instance, (-1,))[first])
        return tf.strings.join(["a style is given for instance ", listed, ", which is not in the instance map; it holds ", ids])

    return require(~tf.reduce_any(absent), message)


def _all_available(instances: Instances, listed: tf.Tensor, chosen: tf.Tensor, available: tf.Tensor) -> tf.Operation | None:
    wrong = listed & ((chosen < 0) | (chosen >= available))

    def message() -> tf.Tensor:
        first = tf.where(wrong)[0, 0]
        instance, style, count = (tf.as_string(values[first]) for values in (instances.instance_id, chosen, available))
        parts = ["instance ", instance, " cannot have style ", style, ": its class has ", count, " styles, counted from 0"]
        return tf.strings.join(parts)

    return require(~tf.reduce_any(wrong), message)
