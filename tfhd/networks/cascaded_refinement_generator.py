from __future__ import annotations

import keras
from keras import ops

from tfhd.layers.bilinear_resize import bilinear_resize
from tfhd.layers.reflection_fit import Fit, ReflectionFit, fitted
from tfhd.layers.sequential_build import build_sequence
from tfhd.networks.configured_model import ConfiguredModel

_WIDEST = 1024


class _Refinement(keras.layers.Layer):
    """Two 3x3 convolutions, each with layer normalization and leaky ReLU."""

    def __init__(self, filters: int, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy.name
        self.convs = [keras.layers.Conv2D(filters, 3, padding="same", dtype=policy, name=f"conv_{i}") for i in range(2)]
        # One group is all of a picture's values, whatever its size.
        self.norms = [keras.layers.GroupNormalization(1, epsilon=1e-5, dtype=policy, name=f"norm_{i}") for i in range(2)]

    def build(self, input_shape) -> None:
        build_sequence([layer for pair in zip(self.convs, self.norms, strict=True) for layer in pair], input_shape)

    def call(self, inputs):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            inputs = ops.leaky_relu(norm(conv(inputs)), 0.2)
        return inputs

    def compute_output_shape(self, input_shape):
        return self.convs[0].compute_output_shape(input_shape)


@keras.saving.register_keras_serializable(package="tfhd")
class CascadedRefinementGenerator(ConfiguredModel):
    """The generator of CRN: refinement modules from a few pixels to the full size, each of which reads the label map anew.

    Every module gets the label map at its size beside the features of the coarser one, enlarged bilinearly. Ours ends in tanh, so
    that pictures are in [-1, 1].

    Args:
        filters: channels of the finest module; they double with every halving of the size, up to 1024.
        num_downsamples: halvings between the full size and the coarsest module, of which there are one more.
        output_channels: channels of the image.
        fit: as for `GlobalGenerator`.

    Call arguments:
        inputs: `(batch, height, width, channels)`: one-hot classes, edges and, with an encoder, style features.
            Height and width must be multiples of `2 ** num_downsamples`, unless `fit` is `"pad"`.

    Returns:
        float32 `(batch, height, width, output_channels)` in [-1, 1].

    Reference:
        Chen and Koltun, Photographic Image Synthesis with Cascaded Refinement Networks, ICCV 2017, section 3.
    """

    def __init__(
        self, filters: int = 64, num_downsamples: int = 6, output_channels: int = 3, *, fit: Fit = "resize", **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.output_channels = filters, output_channels
        policy = self.dtype_policy.name
        self.fit = ReflectionFit(2**num_downsamples, dtype=policy, name="fit") if fit == "pad" else None
        self.modules = [
            _Refinement(min(filters * 2**level, _WIDEST), dtype=policy, name=f"refinement_{level}")
            for level in reversed(range(num_downsamples + 1))
        ]
        self.halving = keras.layers.AveragePooling2D(2, dtype=policy, name="halving")
        self.top = keras.layers.Conv2D(output_channels, 1, dtype=policy, name="top")
        self.tanh = keras.layers.Activation("tanh", dtype="float32", name="tanh")

    def build(self, input_shape) -> None:
        channels = input_shape[-1]
        for module in self.modules:
            shape = (input_shape[0], None, None, channels)
            module.build(shape)
            channels = input_shape[-1] + module.compute_output_shape(shape)[-1]
        self.top.build((input_shape[0], None, None, self.filters))

    def call(self, inputs):
        return fitted(self.fit, inputs, self._run)

    def _run(self, inputs):
        levels = [inputs]
        for _ in self.modules[1:]:
            levels.append(self.halving(levels[-1]))
        x = self.modules[0](levels.pop())
        for module in self.modules[1:]:
            level = levels.pop()
            x = module(ops.concatenate([level, bilinear_resize(x, *ops.shape(level)[1:3])], axis=-1))
        return self.tanh(self.top(x))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_channels)
