from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfhd")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by mirroring the image at its border pixels, which are not repeated.

    Args:
        padding: pixels added on each of the four sides; height and width of the input must be larger than it.

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        `(batch, height + 2 * padding, width + 2 * padding, channels)`.
    """

    def __init__(self, padding: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs):
        side = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), side, side, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        grown = [None if size is None else size + 2 * self.padding for size in (height, width)]
        return (batch, *grown, channels)
