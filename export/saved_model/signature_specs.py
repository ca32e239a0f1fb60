"""Inputs that several signatures share, and what stands for them where a request leaves them out."""

from __future__ import annotations

from functools import partial

import tensorflow as tf

from tfhd.config import PixelType
from tfhd.styles import StyleTable

Signature = tf.types.experimental.GenericFunction

traced = partial(tf.function, autograph=False)
"""`tf.function` of code whose control flow is TensorFlow's own already; to look for Python's takes longer than to trace it."""


def picture_spec(pixels: PixelType, name: str) -> tf.TensorSpec:
    """`(batch, height, width, channels)`."""
    return tf.TensorSpec((None, None, None, pixels.channels), pixels.dtype, name)


def seed_spec() -> tf.TensorSpec:
    """int32 `(batch,)`."""
    return tf.TensorSpec((None,), tf.int32, "seed")


def style_list_specs() -> list[tf.TensorSpec]:
    """Instances and the numbers of their styles, int32 `(batch, N)` each."""
    return [tf.TensorSpec((None, None), tf.int32, name) for name in ("style_instance", "style_index")]


def style_vector_specs(table: StyleTable) -> list[tf.TensorSpec]:
    """Instances int32 `(batch, N)`, and their style vectors float32 `(batch, N, C)`."""
    return [
        tf.TensorSpec((None, None), tf.int32, "style_instance"),
        tf.TensorSpec((None, None, table.centers.shape[2]), tf.float32, "style_vector"),
    ]


def unused_seed() -> tf.Tensor:
    """The seed of requests that leave it out: one row, which counts for every sample of the batch."""
    return tf.constant([-1])


def unused_styles() -> tf.Tensor:
    """The same for a style list."""
    return tf.constant([[-1]])
