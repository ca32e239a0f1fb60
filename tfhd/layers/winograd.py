"""3x3 convolutions with many channels by Winograd's F(2x2, 3x3): 16 multiplications where the definition takes 36.

Every 4x4 patch of the input becomes 2x2 pixels of the output. Patches and kernel are transformed by small matrices of 0, 1
and 1/2, multiplied, and transformed back; sums over channels and their gradients are then plain matrix products.

Reference:
    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
"""

from __future__ import annotations

import numpy as np
from keras import ops

from tfhd.layers.graph_order import zero_after

_KERNEL_ROWS = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], "float32")
_KERNEL = np.kron(_KERNEL_ROWS, _KERNEL_ROWS)  # (16, 9): rows and columns at once


def winograd_convolution(inputs, kernel):
    """A stride-1 convolution without padding, equal to the direct one within float32 rounding, gradients too.

    Kept for the gradient are only the arguments; their transforms, twice to four times as large, are made again.

    Args:
        inputs: float32 `(batch, height + 2, width + 2, channels)`, both even and known.
        kernel: float32 `(3, 3, channels, filters)`.

    Returns:
        float32 `(batch, height, width, filters)`.
    """
    return _convolution(inputs, ops.reshape(kernel, (9, *kernel.shape[2:])))


@ops.custom_gradient
def _convolution(inputs, kernel):
    patches, sizes = _transform_input(inputs)
    outputs = _transform_output(ops.matmul(patches, _transform_kernel(kernel, zero_after(inputs))), sizes)

    def gradient(*args, upstream=None):
        upstream = args[0] if upstream is None else upstream
        zero = zero_after(upstream)
        products = _transform_output_gradient(upstream)
        weights = ops.matmul(ops.transpose(_transform_input(inputs + zero)[0], (0, 2, 1)), products)
        patches = ops.matmul(products, ops.transpose(_transform_kernel(kernel, zero), (0, 2, 1)))
        return _transform_input_gradient(patches, sizes), _transform_kernel_gradient(weights)

    return outputs, gradient


def _transform_kernel(kernel, zero):
    """`(9, C, F)` to `(16, C, F)`."""
    channels, filters = kernel.shape[1:]
    return ops.reshape(ops.matmul(_KERNEL + zero, ops.reshape(kernel, (9, channels * filters))), (16, channels, filters))


def _transform_kernel_gradient(weights):
    channels, filters = weights.shape[1:]
    return ops.reshape(ops.matmul(_KERNEL.T, ops.reshape(weights, (16, channels * filters))), (9, channels, filters))


def _transform_input(inputs):
    """`(N, 2 * h + 2, 2 * w + 2, C)` to `(16, N * h * w, C)`, and `(h, w)`."""
    height, width, channels = inputs.shape[1:]
    h, w = height // 2 - 1, width // 2 - 1
    pairs = ops.reshape(inputs, (-1, h + 1, 2, w + 1, 2, channels))
    rows = _input_rows(*(pairs[:, offset : offset + h, parity] for offset in (0, 1) for parity in (0, 1)))
    tiles = [
        tile
        for row in rows
        for tile in _input_rows(*(row[:, :, offset : offset + w, parity] for offset in (0, 1) for parity in (0, 1)))
    ]
    return ops.reshape(ops.stack(tiles), (16, -1, channels)), (h, w)


def _input_rows(a, b, c, d):
    return a - c, b + c, c - b, b - d


def _transform_input_gradient(patches, sizes):
    h, w = sizes
    channels = patches.shape[-1]
    tiles = [ops.reshape(tile, (-1, h, w, channels)) for tile in ops.unstack(patches, 16)]
    rows = [_overlap_add(*tiles[i : i + 4], axis=2) for i in range(0, 16, 4)]
    return _overlap_add(*rows, axis=1)


def _overlap_add(a, b, c, d, axis: int):
    """Gradients of neighbouring patches, which share two of their four rows: n of each to 2 * n + 2 rows along an axis."""
    first, second = [[(0, 0)] * 4 for _ in range(2)]
    first[axis], second[axis] = (0, 1), (1, 0)
    even = ops.pad(a, first) + ops.pad(b + c - a, second)
    odd = ops.pad(b - c + d, first) - ops.pad(d, second)
    shape = list(even.shape)
    shape[axis] *= 2
    return ops.reshape(ops.stack([even, odd], axis + 1), (-1, *shape[1:]))


def _transform_output(products, sizes):
    """`(16, N * h * w, F)` to `(N, 2 * h, 2 * w, F)`."""
    h, w = sizes
    filters = products.shape[-1]
    tiles = [ops.reshape(tile, (-1, h, w, filters)) for tile in ops.unstack(products, 16)]
    rows = (
        [tiles[i] + tiles[i + 4] + tiles[i + 8] for i in range(4)],
        [tiles[i + 4] - tiles[i + 8] - tiles[i + 12] for i in range(4)],
    )
    pixels = [ops.stack([a + b + c, b - c - d], 3) for a, b, c, d in rows]
    return ops.reshape(ops.stack(pixels, 2), (-1, 2 * h, 2 * w, filters))


def _transform_output_gradient(upstream):
    height, width, filters = upstream.shape[1:]
    pairs = ops.reshape(upstream, (-1, height // 2, 2, width // 2, 2, filters))
    tiles = [
        tile for row in _output_rows(pairs[:, :, 0], pairs[:, :, 1]) for tile in _output_rows(row[:, :, :, 0], row[:, :, :, 1])
    ]
    return ops.reshape(ops.stack(tiles), (16, -1, filters))


def _output_rows(a, b):
    return a, a + b, a - b, -b
