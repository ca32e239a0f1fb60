from __future__ import annotations

from typing import Literal

import keras
from keras import ops

Fit = Literal["resize", "pad"]
"""What becomes of sizes that a network does not take: `resize` leaves them to the caller, `pad` is `ReflectionFit`."""


@keras.saving.register_keras_serializable(package="tfhd")
class ReflectionFit(keras.layers.Layer):
    """Grows height and width to the next multiple, at least two of them, by mirroring at the last row and column.

    The border pixels are not repeated. What a network makes of the result is cut to the size of `inputs`.

    Args:
        multiple: of which height and width become multiples.

    Call arguments:
        inputs: `(batch, height, width, channels)` of any height and width.

    Returns:
        `(batch, H, W, channels)`: `inputs` in the upper left corner, its reflections right of it and below.
    """

    def __init__(self, multiple: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, inputs):
        for axis in (1, 2):
            size = ops.shape(inputs)[axis]
            grown = self._grown(size)
            if isinstance(size, int) and size == grown:
                continue
            # Indices and not a padding: mirrored as often as it takes, a picture may be smaller than what is added.
            period = ops.maximum(2 * (size - 1), 1)
            distance = ops.abs(ops.arange(grown, dtype="int32") % period - (size - 1))
            inputs = ops.take(inputs, (size - 1) - distance, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        batch, *size, channels = input_shape
        return (batch, *(None if side is None else self._grown(side) for side in size), channels)

    def _grown(self, size):
        # Residual blocks reflect a pixel at each border, which takes two rows and columns after all downsampling.
        least, multiples = 2 * self.multiple, -(-size // self.multiple) * self.multiple
        return max(least, multiples) if isinstance(size, int) else ops.maximum(least, multiples)


def fitted(fit: ReflectionFit | None, inputs, run):
    """What `run` makes of `inputs`, `(batch, height, width, channels)` both; with `fit` grown before and cut afterwards."""
    if fit is None:
        return run(inputs)
    _, height, width, _ = ops.shape(inputs)
    return run(fit(inputs))[:, :height, :width]
