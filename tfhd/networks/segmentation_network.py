from __future__ import annotations

import keras
from keras import ops

from tfhd.layers import BatchNormalizedConvolution, PyramidPooling
from tfhd.layers.bilinear_resize import bilinear_resize
from tfhd.networks.configured_model import ConfiguredModel


class _Block(keras.layers.Layer):
    """Two convolutions beside a shortcut."""

    def __init__(self, filters: int, strides: int, dilation: int, shortcut: bool, **kwargs) -> None:
        super().__init__(**kwargs)
        self.filters, self.strides = filters, strides
        policy = self.dtype_policy.name
        self.first = BatchNormalizedConvolution(filters, 3, strides, dilation=1, dtype=policy, name="first")
        self.second = BatchNormalizedConvolution(filters, 3, dilation=dilation, activation=None, dtype=policy, name="second")
        self.shortcut = None
        if shortcut:
            self.shortcut = BatchNormalizedConvolution(filters, 1, strides, activation=None, dtype=policy, name="shortcut")

    def build(self, input_shape) -> None:
        self.first.build(input_shape)
        self.second.build(self.first.compute_output_shape(input_shape))
        if self.shortcut is not None:
            self.shortcut.build(input_shape)

    def call(self, inputs, training: bool = False):
        beside = inputs if self.shortcut is None else self.shortcut(inputs, training=training)
        return ops.relu(self.second(self.first(inputs, training=training), training=training) + beside)

    def compute_output_shape(self, input_shape):
        return self.first.compute_output_shape(input_shape)


@keras.saving.register_keras_serializable(package="tfhd")
class SegmentationNetwork(ConfiguredModel):
    """Classes of a photo's pixels: a small residual backbone, pyramid pooling at an eighth of the size, a decoder to half of it.

    Args:
        num_classes: classes of the label set.
        filters: channels at half size; twice as many at a quarter, four times at an eighth.

    Call arguments:
        image: `(batch, height, width, 3)` RGB in [-1, 1], of any height and width.
        training: whether batch normalization takes the batch's statistics.

    Returns:
        float32 `(batch, height, width, num_classes)`, a score for each class without softmax.

    Reference:
        Zhao et al., Pyramid Scene Parsing Network, CVPR 2017; the decoder, which small pictures need, is ours.
    """

    def __init__(self, num_classes: int, filters: int = 24, **kwargs) -> None:
        super().__init__(**kwargs)
        self.num_classes, self.filters = num_classes, filters
        policy = self.dtype_policy.name
        self.stem = [
            BatchNormalizedConvolution(filters, 3, strides, dtype=policy, name=f"stem_{i}") for i, strides in enumerate((2, 1))
        ]
        settings = ((2, 2, 1), (2, 1, 1)), ((4, 2, 1), (4, 1, 1), (4, 1, 2), (4, 1, 4))
        self.quarter, self.eighth = (
            [
                _Block(width * filters, strides, dilation, i == 0, dtype=policy, name=f"{name}_{i}")
                for i, (width, strides, dilation) in enumerate(blocks)
            ]
            for name, blocks in zip(("quarter", "eighth"), settings, strict=True)
        )
        self.pooling = PyramidPooling(filters, [1, 2, 3, 6], dtype=policy, name="pooling")
        self.context = BatchNormalizedConvolution(4 * filters, 3, dtype=policy, name="context")
        self.decoder = [
            BatchNormalizedConvolution(width * filters, 3, dtype=policy, name=f"decoder_{i}") for i, width in enumerate((2, 1))
        ]
        self.top = keras.layers.Conv2D(num_classes, 1, dtype=policy, name="top")

    def build(self, image_shape) -> None:
        shape, shapes = image_shape, []
        for part in (self.stem, self.quarter, self.eighth):
            for layer in part:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
            shapes.append(shape)
        self.pooling.build(shape)
        shape = self.pooling.compute_output_shape(shape)
        for layer, skipped in zip([self.context, *self.decoder], [None, shapes[1], shapes[0]], strict=True):
            if skipped is not None:
                shape = (*skipped[:-1], shape[-1] + skipped[-1])
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.top.build(shape)

    def call(self, image, training: bool = False):
        x, skipped = image, []
        for part in (self.stem, self.quarter, self.eighth):
            for layer in part:
                x = layer(x, training=training)
            skipped.append(x)
        x = self.context(self.pooling(x, training=training), training=training)
        for layer, beside in zip(self.decoder, skipped[1::-1], strict=True):
            x = layer(ops.concatenate([_resized(x, beside), beside], axis=-1), training=training)
        return ops.cast(_resized(self.top(x), image), "float32")

    def compute_output_shape(self, image_shape):
        return (*image_shape[:-1], self.num_classes)


def _resized(x, like):
    """`x` at the height and width of `like`."""
    _, height, width, _ = ops.shape(like)
    return bilinear_resize(x, height, width)
