from __future__ import annotations

from collections.abc import Callable

import keras

from tfhd.layers.winograd_algorithm import convolve_transformed, winograd_convolution

# With fewer channels, the transforms cost as much as the saved multiplications.
_MIN_CHANNELS = 256
_FIXED = ("kernel_size", "strides", "padding", "dilation_rate", "groups", "data_format")


@keras.saving.register_keras_serializable(package="tfhd")
class WinogradConv2D(keras.layers.Conv2D):
    """A 3x3 convolution that trains in float32 on CPUs twice as fast as Keras', given many channels.

    Weights, names and shapes are those of `keras.layers.Conv2D`, and results equal its within float32 rounding. Keras' own
    convolution still runs outside training, in low precision, on GPUs (whose libraries choose the algorithm), for odd or unknown
    sizes and for few channels. Exported graphs therefore hold a plain convolution, unless `transformed_kernel` is set.

    Attributes:
        transformed_kernel: None, or a function that returns the kernel as transformed by
            `tfhd.layers.winograd_algorithm.transform_kernel`; every call then uses that, for inference on CPUs.

    Args:
        filters: output channels.
        **kwargs: arguments of `keras.layers.Conv2D` except kernel size, strides, padding and dilation.

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
        """Whether the layer, once built, has enough channels for the algorithm to pay off."""
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
