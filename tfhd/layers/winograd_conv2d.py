from __future__ import annotations

from collections.abc import Callable

import keras

from tfhd.layers.winograd import convolve_transformed, winograd_convolution

# Below, transforms cost what multiplications save.
_MIN_CHANNELS = 256
_FIXED = ("kernel_size", "strides", "padding", "dilation_rate", "groups", "data_format")


@keras.saving.register_keras_serializable(package="tfhd")
class WinogradConv2D(keras.layers.Conv2D):
    """A 3x3 convolution that trains in float32 on CPUs twice as fast as Keras' where channels are many.

    Only what is computed differs, and only by float32 rounding: weights, names and shapes are `keras.layers.Conv2D`'s. Outside
    training, in low precision, on GPUs (whose libraries choose for themselves), for odd or unknown sizes and for few channels
    it is Keras' own, so exported graphs hold a plain convolution, unless `transformed_kernel` is set.

    Attributes:
        transformed_kernel: gives the kernel as `tfhd.layers.winograd.transform_kernel` made it, if set: then every call
            multiplies with that, for inference on CPUs. None at first.

    Args:
        filters: output channels.
        **kwargs: those of `keras.layers.Conv2D` but kernel size, strides, padding and dilation.

    Call arguments:
        inputs: `(batch, height, width, channels)`, already padded.
        training: whether this is a training step.

    Returns:
        `(batch, height - 2, width - 2, filters)`.
    """

    def __init__(self, filters: int, **kwargs) -> None:
        super().__init__(filters, 3, **kwargs)
        self.transformed_kernel: Callable | None = None

    @property
    def is_wide(self) -> bool:
        """Whether there are so many channels that the method gains; of a built layer."""
        return min(self.kernel.shape[2:]) >= _MIN_CHANNELS

    def call(self, inputs, training=None):
        self._fast = bool(training) and self._suits(inputs)
        return super().call(inputs)

    def convolution_op(self, inputs, kernel):
        if self.transformed_kernel is not None:
            return convolve_transformed(inputs, self.transformed_kernel())
        return winograd_convolution(inputs, kernel) if self._fast else super().convolution_op(inputs, kernel)

    def _suits(self, inputs) -> bool:
        known = all(size is not None and size % 2 == 0 for size in inputs.shape[1:3])
        return known and self.is_wide and self.compute_dtype == "float32" and not keras.distribution.list_devices("gpu")

    def get_config(self) -> dict:
        config = super().get_config()
        return {name: value for name, value in config.items() if name not in _FIXED}
