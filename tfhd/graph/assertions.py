"""Assertions inside a graph."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf


def require(condition: tf.Tensor, message: Callable[[], tf.Tensor]) -> tf.Operation | None:
    """Raises `tf.errors.InvalidArgumentError` when the graph runs and `condition` does not hold.

    Args:
        condition: bool scalar.
        message: returns the error's message, a string scalar; its operations run only if the condition fails.

    Returns:
        An operation to make later ones depend on, so that they do not fail first with a less helpful message.
    """
    return tf.cond(condition, tf.no_op, lambda: tf.debugging.Assert(False, [message()]))
