from __future__ import annotations

import keras

from tfhd.layers.sequential_build import build_sequence


@keras.saving.register_keras_serializable(package="tfhd")
class BatchNormalizedConvolution(keras.layers.Layer):
    """Convolution without bias, batch normalization, ReLU: what segmenters are made of. Generators take `ConvolutionBlock`.

    Args:
        filters: output channels.
        kernel_size: height and width of the kernel.
        strides: stride in both directions.
        dilation: distance between the pixels that the kernel reads.
        activation: name of a Keras activation, or None.

    Call arguments:
        inputs: `(batch, height, width, channels)`.
        training: whether pixels are normalized by this batch's statistics rather than by the running ones.

    Returns:
        `(batch, ceil(height / strides), ceil(width / strides), filters)`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        *,
        dilation: int = 1,
        activation: str | None = "relu",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides, self.dilation = filters, kernel_size, strides, dilation
        policy = self.dtype_policy.name
        self.conv = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides,
            padding="same",
            dilation_rate=dilation,
            use_bias=False,
            kernel_initializer="he_normal",
            dtype=policy,
            name="conv",
        )
        self.norm = keras.layers.BatchNormalization(momentum=0.9, dtype=policy, name="norm")
        self.activation = keras.activations.get(activation)

    def build(self, input_shape) -> None:
        build_sequence([self.conv, self.norm], input_shape)

    def call(self, inputs, training: bool = False):
        return self.activation(self.norm(self.conv(inputs), training=training))

    def compute_output_shape(self, input_shape):
        return self.conv.compute_output_shape(input_shape)
