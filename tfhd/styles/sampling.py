"""Style features for label maps: styles chosen by seed, by number or as vectors. Runs in Python and in exported graphs."""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.assertions import require
from tfhd.layers.instance_average_pooling import NUM_INSTANCE_IDS
from tfhd.styles.instances import Instances, find_instances
from tfhd.styles.table import StyleTable

_MAX_LISTED = 20
"""Ids that a message lists; gRPC drops a response whose error message is long."""


def style_features(
    table: StyleTable, label: tf.Tensor, instance: tf.Tensor, seed: tf.Tensor, style_instance: tf.Tensor, style_index: tf.Tensor
) -> tf.Tensor:
    """Style features for the generator, chosen from the style table.

    Args:
        table: the styles of each class.
        label: integer `(batch, height, width)`, class indices.
        instance: integer `(batch, height, width)`, ids 0..65535.
        seed: int32 `(batch,)`; a negative seed takes each class's first style, any other chooses one by a hash of seed and
            instance id, so that an instance keeps its style when other instances appear or vanish.
        style_instance: int32 `(batch, N)`, N at least 1: instances whose style is given by number; negative entries are unused.
            If an instance is listed twice, its first entry counts.
        style_index: int32 `(batch, N)`, the number of each listed instance's style among those of its class.

    Returns:
        float32 `(batch, height, width, C)`.

    Raises:
        tf.errors.InvalidArgumentError: a listed instance is not in its map, or its class has no style of that number.
    """
    instances = find_instances(label, instance, table.centers.shape[0])
    counts = tf.constant(table.counts)
    listed, entry = _listed_entries(instances, style_instance)
    chosen = tf.gather_nd(style_index, tf.stack([instances.sample, entry], axis=1))
    available = tf.gather(counts, instances.class_index)
    checks = [_all_present(instances, style_instance), _all_available(instances, listed, chosen, available)]
    with tf.control_dependencies(checks):
        styles = tf.where(listed, chosen, _seeded_styles(counts, instances, seed))
    return tf.gather(_vectors_of(table, instances, styles), instances.index_of_pixel)


def style_features_from_vectors(
    table: StyleTable, label: tf.Tensor, instance: tf.Tensor, seed: tf.Tensor, style_instance: tf.Tensor, style_vector: tf.Tensor
) -> tf.Tensor:
    """Style features for the generator, given as vectors such as an encoder reads from a photo.

    Args:
        table: the styles of each class, for instances that are not listed.
        label: as for `style_features`.
        instance: as for `style_features`.
        seed: as for `style_features`, for instances that are not listed.
        style_instance: int32 `(batch, N)`, N at least 1: instances whose vector is given; negative entries are unused. Entries
            that are not in the map are ignored, since the list may name all instances of a photo.
        style_vector: float32 `(batch, N, C)`, the vector of each listed instance.

    Returns:
        float32 `(batch, height, width, C)`.
    """
    instances = find_instances(label, instance, table.centers.shape[0])
    listed, entry = _listed_entries(instances, style_instance)
    given = tf.gather_nd(style_vector, tf.stack([instances.sample, entry], axis=1))
    seeded = _vectors_of(table, instances, _seeded_styles(tf.constant(table.counts), instances, seed))
    return tf.gather(tf.where(listed[:, None], given, seeded), instances.index_of_pixel)


def _vectors_of(table: StyleTable, instances: Instances, styles: tf.Tensor) -> tf.Tensor:
    """float32 `(U, C)`: the vector of each instance's style, int32 `(U,)`."""
    return tf.gather_nd(tf.constant(table.centers), tf.stack([instances.class_index, styles], axis=1))


def _seeded_styles(counts: tf.Tensor, instances: Instances, seed: tf.Tensor) -> tf.Tensor:
    """int32 `(U,)`: the style that the seed of its sample, int32 `(batch,)`, gives each instance."""
    seed = tf.gather(seed, instances.sample)
    available = tf.maximum(tf.gather(counts, instances.class_index), 1)
    picked = tf.cast(_hash(seed, instances.instance_id) % tf.cast(available, tf.uint32), tf.int32)
    return tf.where(seed < 0, 0, picked)


def _hash(seed: tf.Tensor, instance_id: tf.Tensor) -> tf.Tensor:
    """uint32 `(U,)`: both numbers combined, then MurmurHash3's finalizer (public domain), so that each bit depends on all."""
    value = tf.cast(seed, tf.uint32) * 0x9E3779B1 + tf.cast(instance_id, tf.uint32) + 1
    value = (value ^ (tf.bitwise.right_shift(value, 16))) * 0x85EBCA6B
    value = (value ^ (tf.bitwise.right_shift(value, 13))) * 0xC2B2AE35
    return value ^ tf.bitwise.right_shift(value, 16)


def _named_instances(instances: Instances, style_instance: tf.Tensor) -> tf.Tensor:
    """int32 `(batch * N,)`: which of the U instances each entry names; U or more where it names none."""
    sample = tf.range(tf.shape(style_instance)[0])[:, None]
    # Without this, 65536 + 7 would name instance 7 of the next sample.
    is_id = (style_instance >= 0) & (style_instance < NUM_INSTANCE_IDS)
    keys = tf.where(is_id, style_instance + sample * NUM_INSTANCE_IDS, -1)
    present = instances.instance_id + instances.sample * NUM_INSTANCE_IDS
    numbers = tf.unique(tf.concat([present, tf.reshape(keys, (-1,))], axis=0)).idx
    return numbers[tf.size(present) :]


def _listed_entries(instances: Instances, style_instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """For each instance, whether it is listed, bool `(U,)`, and its first entry, int32 `(U,)` (0 if it is not listed)."""
    named, count = _named_instances(instances, style_instance), tf.size(instances.pixels)
    num_entries = tf.shape(style_instance)[1]
    entry = tf.range(tf.size(named)) % num_entries
    # Negative segment numbers are left out; a segment without members gets the largest int32.
    first = tf.math.unsorted_segment_min(entry, tf.where(named < count, named, -1), count)
    listed = first < num_entries
    return listed, tf.where(listed, first, 0)


def _all_present(instances: Instances, style_instance: tf.Tensor) -> tf.Operation | None:
    absent = tf.reshape(style_instance >= 0, (-1,)) & (_named_instances(instances, style_instance) >= tf.size(instances.pixels))

    def message() -> tf.Tensor:
        first = tf.where(absent)[0, 0]
        sample = tf.cast(first, tf.int32) // tf.shape(style_instance)[1]
        of_sample = tf.boolean_mask(instances.instance_id, instances.sample == sample)
        ids = tf.strings.reduce_join(tf.as_string(tf.sort(of_sample)[:_MAX_LISTED]), separator=", ")
        ids = tf.strings.join([ids, tf.where(tf.size(of_sample) > _MAX_LISTED, " and others", "")])
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
