"""Checks inside a graph."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf


def require(condition: tf.Tensor, message: Callable[[], tf.Tensor]) -> tf.Operation | None:
    """Ends with an `InvalidArgumentError` unless `condition` holds.

    Args:
        condition: bool scalar.
        message: gives the message, a string scalar; called only where the condition fails.

    Returns:
        What to depend on: what follows must not run, and fail less clearly, before the check has passed.
    """
    return tf.cond(condition, tf.no_op, lambda: tf.debugging.Assert(False, [message()]))
