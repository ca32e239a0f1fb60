from __future__ import annotations

from typing import NamedTuple

import keras
from keras import ops

from tfhd.layers.control_dependency import zero_after


@keras.saving.register_keras_serializable(package="tfhd")
class InstanceNormalization(keras.layers.Layer):
    """Normalizes every channel of every sample over height and width, without scale or offset.

    Mean and variance are computed in float32 whatever the compute dtype.

    Args:
        epsilon: added to the variance.

    Call arguments:
        inputs: `(batch, height, width, channels)`.
        negative_slope: factor of negative results: 1 keeps them, 0 is a ReLU, a value between is a leaky ReLU.
        training: whether this is a training step; then only the input is kept for the backward pass.

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

    def call(self, inputs, negative_slope: float = 1.0, training=None):
        if training:
            return _normalize_in_training(inputs, self.epsilon, negative_slope)
        return _rectify(_statistics(inputs, self.epsilon).normalized, negative_slope, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape


class _Statistics(NamedTuple):
    mean: object  # (N, 1, 1, C)
    inverse_deviation: object  # (N, 1, 1, C)
    normalized: object  # (N, H, W, C), float32


def _statistics(inputs, epsilon: float) -> _Statistics:
    x = ops.cast(inputs, "float32")
    mean = _spatial_mean(x)
    centered = x - mean
    inverse_deviation = ops.rsqrt(_spatial_mean(ops.square(centered)) + epsilon)
    return _Statistics(mean, inverse_deviation, centered * inverse_deviation)


def _rectify(x, negative_slope: float, dtype: str):
    if negative_slope != 1.0:
        x = ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    return ops.cast(x, dtype)


def _normalize_in_training(inputs, epsilon: float, negative_slope: float):
    # Keeps only the input for the backward pass. Differentiating step by step would keep two more tensors as large as the
    # input, and pass over them more often.
    @ops.custom_gradient
    def normalize(inputs):
        mean, inverse_deviation, normalized = _statistics(inputs, epsilon)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            slopes = ops.cast(upstream, "float32")
            again = (ops.cast(inputs, "float32") - (mean + zero_after(slopes))) * inverse_deviation
            if negative_slope != 1.0:
                slopes = ops.where(again > 0, slopes, negative_slope * slopes)
            along = again * _spatial_mean(slopes * again)
            return ops.cast((slopes - _spatial_mean(slopes) - along) * inverse_deviation, inputs.dtype)

        return _rectify(normalized, negative_slope, inputs.dtype), gradient

    return normalize(inputs)


def _spatial_mean(x):
    # Width, then height: in one reduction over both, TensorFlow's CPU kernels sum float32 naively, which loses two digits
    # at 96x160 and is slower.
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)
