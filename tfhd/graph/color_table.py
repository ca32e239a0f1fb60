"""A label set's ids and colours inside a graph."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfhd.graph.label_lookup import list_with_pixels
from tfhd.label_sets import LabelSet

GRAY = 0x010101
"""A gray of value v is the colour v * GRAY."""


class ColorTable:
    """Looks up ids and colours of a label set; colours are numbers 0xRRGGBB, int32.

    Args:
        label_set: its classes.
    """

    def __init__(self, label_set: LabelSet) -> None:
        classes = label_set.label_classes
        owners = dict(sorted(classes.classes_of_color.items()))
        highest = np.flatnonzero(classes.is_id)[-1]
        self._name = label_set.name
        # The last entry, which is no id, stands for all higher ones, so that the graph holds a short constant.
        self._is_id = np.append(classes.is_id[: highest + 1], False)
        self._color_of_id = np.append(classes.color_of_id[: highest + 1], np.int32(-1))
        self._colors = np.array(list(owners), np.int32)
        self._ids = np.array([classes.ids[found[0]][0] for found in owners.values()], np.int32)
        self._is_shared = np.array([len(found) > 1 for found in owners.values()])

    def are_ids(self, values: tf.Tensor) -> tf.Tensor:
        """Whether classes list all of these values, int32 from 0 on: bool scalar."""
        return tf.reduce_all(self.is_id(values))

    def is_id(self, values: tf.Tensor) -> tf.Tensor:
        """Whether a class lists each value, int32 from 0 on: bool."""
        return tf.gather(self._is_id, tf.minimum(values, len(self._is_id) - 1))

    def color_of_id(self, values: tf.Tensor) -> tf.Tensor:
        """The colour of the class that lists each value, int32 from 0 on; -1 where none does."""
        return tf.gather(self._color_of_id, tf.minimum(values, len(self._color_of_id) - 1))

    def is_known(self, colors: tf.Tensor) -> tf.Tensor:
        """Whether a class has each colour: bool."""
        return tf.gather(self._colors, self._place(colors)) == colors

    def are_known(self, colors: tf.Tensor) -> tf.Tensor:
        """Whether each colour is a class's: bool scalar."""
        return tf.reduce_all(self.is_known(colors))

    def ids_of_colors(self, colors: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The id of each colour's class, int32, and what is wrong: a string scalar, empty if every colour has one class."""
        places, known = self._place(colors), self.is_known(colors)
        shared = known & tf.gather(self._is_shared, places)
        error = tf.case(
            [
                (~tf.reduce_all(known), lambda: self._listed(" has colours outside the label set ", colors, ~known)),
                (
                    tf.reduce_any(shared),
                    lambda: self._listed(" has colours of several classes of the label set ", colors, shared),
                ),
            ],
            default=lambda: tf.constant(""),
        )
        return tf.gather(self._ids, places), error

    def _place(self, colors: tf.Tensor) -> tf.Tensor:
        found = tf.searchsorted(self._colors, tf.reshape(colors, [-1]))
        return tf.reshape(tf.minimum(found, len(self._colors) - 1), tf.shape(colors))

    def _listed(self, what: str, colors: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
        def text(color: tf.Tensor) -> tf.Tensor:
            channels = [tf.as_string(tf.bitwise.right_shift(color, shift) & 255) for shift in (16, 8, 0)]
            return tf.strings.join(["(", channels[0], ", ", channels[1], ", ", channels[2], ")"])

        return tf.strings.join([what + self._name + ": ", list_with_pixels(tf.boolean_mask(colors, chosen), text)])
