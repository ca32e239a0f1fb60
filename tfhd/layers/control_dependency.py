"""Control dependencies in plain `keras.ops`: they keep a graph from computing early what its gradient needs late."""

from __future__ import annotations

from keras import ops


def zero_after(tensor):
    """Returns a zero that can only be computed once `tensor` is known.

    Values that depend on weights or on the forward pass alone can be computed at any time. A graph may compute them early for
    all layers and hold gigabytes until the backward pass needs them. Adding this zero to an operand makes it wait.

    Args:
        tensor: floating, of one dimension or more; its values may be infinite or NaN.

    Returns:
        A scalar of the tensor's dtype.
    """
    first = tensor[(0,) * len(tensor.shape)]
    return ops.minimum(ops.cast(ops.isfinite(first), first.dtype), 0.0)
