from __future__ import annotations

from keras import ops


def bilinear_resize(x, height, width):
    """Resizes feature maps by bilinear interpolation between the centres of pixels, without antialiasing.

    `keras.ops.image.resize` does the same where sizes are known, and fails where a graph leaves them free.

    Args:
        x: `(batch, rows, columns, channels)`.
        height: of the result, a number or a tensor.
        width: of the result.

    Returns:
        `(batch, height, width, channels)` of the dtype of `x`.
    """
    _, rows, columns, _ = ops.shape(x)
    x = ops.einsum("hy,nyxc->nhxc", ops.cast(_shares(height, rows), x.dtype), x)
    return ops.einsum("wx,nhxc->nhwc", ops.cast(_shares(width, columns), x.dtype), x)


def _shares(size, given):
    """float32 `(size, given)`: the share of each given pixel of a line in each of the result's."""
    last = ops.cast(given, "float32") - 1.0
    places = (ops.arange(size, dtype="float32") + 0.5) * (last + 1.0) / ops.cast(size, "float32") - 0.5
    places = ops.minimum(ops.maximum(places, 0.0), last)
    return ops.relu(1.0 - ops.abs(places[:, None] - ops.arange(given, dtype="float32")[None]))
