from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import ops

from tfhd.layers.batch_normalized_convolution import BatchNormalizedConvolution
from tfhd.layers.bilinear_resize import bilinear_resize


@keras.saving.register_keras_serializable(package="tfhd")
class PyramidPooling(keras.layers.Layer):
    """The features, beside their means over ever finer grids: what surrounds a pixel, up to the whole picture.

    Args:
        filters: channels of each grid.
        bins: rows and columns of each grid; 1, 2, 3 and 6 in the paper.

    Call arguments:
        inputs: `(batch, height, width, channels)`.
        training: as for `BatchNormalizedConvolution`.

    Returns:
        `(batch, height, width, channels + filters * len(bins))`.

    Reference:
        Zhao et al., Pyramid Scene Parsing Network, CVPR 2017, section 3.2.
    """

    def __init__(self, filters: int, bins: Sequence[int], **kwargs) -> None:
        super().__init__(**kwargs)
        self.filters, self.bins = filters, tuple(bins)
        policy = self.dtype_policy.name
        self.reductions = [BatchNormalizedConvolution(filters, 1, dtype=policy, name=f"reduction_{bins}") for bins in self.bins]

    def build(self, input_shape) -> None:
        batch, _, _, channels = input_shape
        for bins, reduction in zip(self.bins, self.reductions, strict=True):
            reduction.build((batch, bins, bins, channels))

    def call(self, inputs, training: bool = False):
        _, height, width, _ = ops.shape(inputs)
        levels = [inputs]
        for bins, reduction in zip(self.bins, self.reductions, strict=True):
            rows, columns = (ops.cast(_shares(bins, size), inputs.dtype) for size in (height, width))
            means = ops.einsum("yh,nhwc->nywc", rows, inputs)
            means = ops.einsum("xw,nywc->nyxc", columns, means)
            levels.append(bilinear_resize(reduction(means, training=training), height, width))
        return ops.concatenate(levels, axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.filters * len(self.bins))


def _shares(bins: int, size):
    """float32 `(bins, size)`: the share that each pixel of a line has in the mean of each bin; a pixel may lie in two bins."""
    length = ops.cast(size, "float32") / bins
    starts = ops.arange(bins, dtype="float32")[:, None] * length
    pixels = ops.arange(size, dtype="float32")[None]
    inside = ops.minimum(pixels + 1.0, starts + length) - ops.maximum(pixels, starts)
    return ops.maximum(inside, 0.0) / length
