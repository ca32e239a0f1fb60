from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfhd")
class InstanceNormalization(keras.layers.Layer):
    """Normalizes every channel of every sample over height and width, without scale or offset.

    Statistics are float32 whatever the compute dtype.

    Args:
        epsilon: added to the variance.

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        A tensor of the shape and dtype of `inputs`.

    Example:
        >>> InstanceNormalization()(keras.random.normal((1, 8, 8, 4))).shape
        TensorShape([1, 8, 8, 4])

    Reference:
        Ulyanov et al., "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        centered = x - _spatial_mean(x)
        variance = _spatial_mean(ops.square(centered))
        return ops.cast(centered * ops.rsqrt(variance + self.epsilon), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon}


def _spatial_mean(x):
    # Width, then height: one reduction over both sums float32 naively on TensorFlow's CPU kernels, which costs
    # two digits at 96x160, and is slower.
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)
