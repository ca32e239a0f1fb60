"""Keeps a graph from computing early what its gradient needs late."""

from __future__ import annotations

from keras import ops


def zero_after(tensor):
    """A zero that is not known before `tensor`, of any shape but a scalar's, is; even where that overflowed.

    What depends on weights or on the forward pass alone could be computed at any time; a graph would do it at once for all
    layers, and hold gigabytes until their turn comes. Added to an operand, this zero makes it wait.
    """
    first = tensor[(0,) * len(tensor.shape)]
    return ops.minimum(ops.cast(ops.isfinite(first), first.dtype), 0.0)
