from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfhd")
class AverageDownsampling(keras.layers.Layer):
    """Halves height and width by a 3x3 stride-2 average that leaves pixels outside the image out of the mean.

    It makes the image pyramid of discriminators and local enhancers (paper sections 3.1 and 3.2). Keras'
    `AveragePooling2D("same")` averages other pixels: it pads even sizes only at the bottom and the right.

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        `(batch, ceil(height / 2), ceil(width / 2), channels)`.
    """

    def call(self, inputs):
        side = ((0, 0), (1, 1), (1, 1), (0, 0))
        inside = ops.ones_like(inputs[:1, :, :, :1])
        total = ops.average_pool(ops.pad(inputs, side), 3, 2, "valid")
        share = ops.average_pool(ops.pad(inside, side), 3, 2, "valid")
        return total / share

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        halved = [None if size is None else -(-size // 2) for size in (height, width)]
        return (batch, *halved, channels)
