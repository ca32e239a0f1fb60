"""Signatures that describe the model to clients: its classes, and their styles."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfhd.graph.assertions import require
from tfhd.label_sets import LabelSet

from .model_graph import ModelGraph
from .signature_specs import Signature, traced


def label_set_signatures(graph: ModelGraph) -> dict[str, Signature]:
    """The signatures by name; without an encoder `classes` alone."""
    found = {"classes": _classes(graph)}
    if graph.table:
        found["styles"] = _styles(graph)
    return found


def _classes(graph: ModelGraph) -> Signature:
    """All classes in every row: a client does not know how many there are, and a server may take one row at a time only."""
    table = _class_table(graph.label_set)
    if graph.table:
        table |= {"centers": graph.table.centers, "count": graph.table.counts}

    # TensorFlow Serving has no signatures without inputs.
    @traced(input_signature=[tf.TensorSpec((None,), tf.int32, "row")])
    def classes(row):
        return {name: tf.repeat(tf.constant(values)[None], tf.size(row), axis=0) for name, values in table.items()}

    return classes


def _styles(graph: ModelGraph) -> Signature:
    names, highest = tf.constant([graph.label_set.names]), graph.label_set.num_classes - 1

    @traced(input_signature=[tf.TensorSpec((None,), tf.int32, "class_id")])
    def styles(class_id):
        known = tf.reduce_all((class_id >= 0) & (class_id <= highest))
        message = tf.constant(f"class_id holds numbers that are no class; expected 0..{highest}")
        with tf.control_dependencies([require(known, lambda: message)]):
            return {
                "centers": tf.gather(tf.constant(graph.table.centers), class_id),
                "count": tf.gather(tf.constant(graph.table.counts), class_id),
                # All names in every row, so that a request for one class shows how many classes there are.
                "class_names": tf.repeat(names, tf.size(class_id), axis=0),
            }

    return styles


def _class_table(label_set: LabelSet) -> dict[str, np.ndarray]:
    """class_names `(classes,)`, and int32 colors `(classes, 3)`, countable `(classes,)` and ids `(classes, M)`, -1 is none."""
    most = max(len(item.ids) for item in label_set.classes)
    return {
        "class_names": np.array([item.name.encode() for item in label_set.classes], object),
        "colors": np.array(label_set.colors, np.int32),
        "countable": np.array([item.countable for item in label_set.classes], np.int32),
        "ids": np.array([[*item.ids] + [-1] * (most - len(item.ids)) for item in label_set.classes], np.int32),
    }
