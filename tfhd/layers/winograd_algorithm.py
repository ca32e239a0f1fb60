"""3x3 convolutions with many channels by Winograd's F(2x2, 3x3): 16 multiplications instead of 36 per 2x2 outputs.

Every 4x4 patch of the input becomes 2x2 pixels of the output. Patches and kernel are transformed by small matrices of 0, 1
and 1/2, multiplied, and transformed back; sums over channels and their gradients are then plain matrix products.

Reference:
    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
"""

from __future__ import annotations

import numpy as np
from keras import ops

from tfhd.layers.control_dependency import zero_after


def _in_both_directions(rows: list[list[float]]) -> np.ndarray:
    matrix = np.array(rows, "float32")
    return np.kron(matrix, matrix)


_KERNEL = _in_both_directions([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])  # (16, 9)
_OUTPUT = _in_both_directions([[1, 1, 1, 0], [0, 1, -1, -1]])  # (4, 16)
_INPUT = _in_both_directions([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])  # (16, 16)
# A column is a pixel of the 4x4 patch: (2 * row block + row, 2 * column block + column). Reordered to (row block, column
# block, row, column).
_INPUT = _INPUT.reshape(16, 2, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(16, 16)
_BLOCKS = ((0, 0), (0, 1), (1, 0), (1, 1))


def winograd_convolution(inputs, kernel):
    """A stride-1 convolution without padding, equal to the direct one within float32 rounding, gradients too.

    Only the arguments are kept for the backward pass; their transforms, two to four times as large, are computed again.

    Args:
        inputs: float32 `(batch, height + 2, width + 2, channels)`, both even and known.
        kernel: float32 `(3, 3, channels, filters)`.

    Returns:
        float32 `(batch, height, width, filters)`.
    """
    return _convolution(inputs, ops.reshape(kernel, (9, *kernel.shape[2:])))


def transform_kernel(kernel):
    """Transforms a kernel for `convolve_transformed`: float32 `(3, 3, channels, filters)` to `(16, channels, filters)`."""
    return _transform(_KERNEL, ops.reshape(kernel, (9, *kernel.shape[2:])))


def convolve_transformed(inputs, transformed):
    """A stride-1 convolution without padding, of any size, with a kernel that is already transformed.

    Args:
        inputs: float32 `(batch, height + 2, width + 2, channels)`; height and width may be odd, and unknown in a graph.
        transformed: float32 `(16, channels, filters)`, from `transform_kernel`.

    Returns:
        float32 `(batch, height, width, filters)`.
    """
    _, rows, columns, _ = ops.shape(inputs)
    # Odd sizes get one more row or column, since outputs come in patches of 2x2.
    even = ops.pad(inputs, ((0, 0), (0, 1), (0, 1), (0, 0)))[:, : (rows + 1) // 2 * 2, : (columns + 1) // 2 * 2]
    sizes = (rows - 1) // 2, (columns - 1) // 2
    outputs = _transform_output(ops.matmul(_transform_input(even, sizes), transformed), sizes)
    return outputs[:, : rows - 2, : columns - 2]


@ops.custom_gradient
def _convolution(inputs, kernel):
    sizes = inputs.shape[1] // 2 - 1, inputs.shape[2] // 2 - 1
    products = ops.matmul(_transform_input(inputs, sizes), _transform(_KERNEL + zero_after(inputs), kernel))
    outputs = _transform_output(products, sizes)

    def gradient(*args, upstream=None):
        upstream = args[0] if upstream is None else upstream
        products = _transform_output_gradient(upstream, sizes)
        patches = ops.matmul(products, ops.transpose(_transform(_KERNEL + zero_after(upstream), kernel), (0, 2, 1)))
        # The kernel's gradient has to be computed before the input's is handed on. A graph that is free to choose computes all
        # kernels' gradients last, and holds every layer's products until then.
        transformed = _transform_input(inputs + zero_after(patches), sizes)
        kernel_gradient = _transform(_KERNEL.T, ops.matmul(ops.transpose(transformed, (0, 2, 1)), products))
        return _transform_input_gradient(patches + zero_after(kernel_gradient), sizes), kernel_gradient

    return outputs, gradient


def _transform(matrix, tensor):
    """Multiplies the first axis of a tensor `(a, b, c)` by a matrix `(d, a)`: `(d, b, c)`."""
    _, rows, columns = tensor.shape
    flat = ops.matmul(matrix, ops.reshape(tensor, (matrix.shape[1], -1)))
    return ops.reshape(flat, (matrix.shape[0], -1 if rows is None else rows, columns))


def _transform_input(inputs, sizes):
    """`(N, 2 * h + 2, 2 * w + 2, C)` to `(16, N * h * w, C)`."""
    h, w = sizes
    pixels = _by_parity(inputs, (h + 1, w + 1))  # (4, N, h + 1, w + 1, C)
    patches = ops.concatenate([pixels[:, :, i : i + h, j : j + w] for i, j in _BLOCKS])
    return _transform(_INPUT, ops.reshape(patches, (16, -1, inputs.shape[-1])))


def _transform_input_gradient(patches, sizes):
    # Neighbouring patches share half of their pixels.
    h, w = sizes
    pixels = ops.split(ops.reshape(_transform(_INPUT.T, patches), (16, -1, h, w, patches.shape[-1])), 4)
    pads = [((0, 0), (0, 0), (i, 1 - i), (j, 1 - j), (0, 0)) for i, j in _BLOCKS]
    return _from_parity(sum(ops.pad(part, pad) for part, pad in zip(pixels, pads, strict=True)))


def _transform_output(products, sizes):
    """`(16, N * h * w, F)` to `(N, 2 * h, 2 * w, F)`."""
    pixels = _transform(_OUTPUT, products)
    return _from_parity(ops.reshape(pixels, (4, -1, *sizes, products.shape[-1])))


def _transform_output_gradient(upstream, sizes):
    return _transform(_OUTPUT.T, ops.reshape(_by_parity(upstream, sizes), (4, -1, upstream.shape[-1])))


def _by_parity(tensor, sizes):
    """`(N, 2 * h, 2 * w, C)` to `(4, N, h, w, C)`: even and odd rows and columns separated."""
    h, w = sizes
    channels = tensor.shape[-1]
    pairs = ops.transpose(ops.reshape(tensor, (-1, h, 2, w, 2, channels)), (2, 4, 0, 1, 3, 5))
    return ops.reshape(pairs, (4, -1, h, w, channels))


def _from_parity(tensor):
    _, _, h, w, channels = ops.shape(tensor)
    pairs = ops.transpose(ops.reshape(tensor, (2, 2, -1, h, w, channels)), (2, 3, 0, 4, 1, 5))
    return ops.reshape(pairs, (-1, 2 * h, 2 * w, channels))
