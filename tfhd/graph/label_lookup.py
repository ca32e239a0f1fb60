"""Class indices of raw label ids inside a graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfhd.graph.assertions import require
from tfhd.label_sets import LabelSet, class_of_id

_MAX_LISTED = 5
"""Values that a message names."""


def short_class_table(label_set: LabelSet) -> np.ndarray:
    """`class_of_id` without the run of unknown ids at its end, so that a graph holds a short constant.

    Returns:
        int32 `(highest id + 2,)`: the class index of each raw id, -1 where no class lists it; the last entry, -1, stands for all
        higher ids.
    """
    table = class_of_id(label_set)
    highest = np.flatnonzero(table >= 0)[-1]
    return np.append(table[: highest + 1], np.int32(-1))


def class_indices(ids: tf.Tensor, label_set: LabelSet) -> tf.Tensor:
    """Maps raw ids to class indices.

    Args:
        ids: int32 of any shape, 0..65535.
        label_set: says which raw ids belong to which class.

    Returns:
        int32 of the shape of `ids`, 0..num_classes-1.

    Raises:
        tf.errors.InvalidArgumentError: no class lists one of the ids; names the ids and how many pixels have them.
    """
    table = short_class_table(label_set)
    classes = tf.gather(tf.constant(table), tf.minimum(ids, len(table) - 1))
    known = require(tf.reduce_min(classes) >= 0, lambda: _unknown_ids(tf.boolean_mask(ids, classes < 0), label_set))
    with tf.control_dependencies([known]):
        return tf.identity(classes)


def list_with_pixels(values: tf.Tensor, text: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """The first distinct values and how many pixels have each, for a message: string scalar.

    Args:
        values: int32 `(n,)`, one for each pixel.
        text: turns distinct values into strings.
    """
    values, _, counts = tf.unique_with_counts(values)
    listed = tf.strings.join([text(values), " (", tf.as_string(counts), " pixels)"])
    return tf.strings.reduce_join(listed[:_MAX_LISTED], separator=", ")


def _unknown_ids(ids: tf.Tensor, label_set: LabelSet) -> tf.Tensor:
    listed = list_with_pixels(ids, tf.as_string)
    return tf.strings.join([f"label values outside the label set {label_set.name}: ", listed, "; send its raw ids"])
