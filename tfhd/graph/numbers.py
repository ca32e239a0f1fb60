"""Pictures inside a graph whose numbers mean what a `PixelType` says."""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.assertions import require
from tfhd.graph.picture_files import is_png, png_header, require_each, require_one_size, require_some
from tfhd.pixels import PixelType

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""Colour types of PNG files by their number of channels."""


def from_numbers(numbers: tf.Tensor, pixels: PixelType) -> tf.Tensor:
    """A picture as networks see it, float32 in [-1, 1]."""
    return pixels.scaled(tf.cast(numbers, tf.float32))


def to_numbers(image: tf.Tensor, pixels: PixelType) -> tf.Tensor:
    """What a network painted, in [-1, 1], as numbers of `pixels.dtype`."""
    return tf.saturate_cast(tf.round(pixels.unscaled(tf.cast(image, tf.float32))), pixels.dtype)


def require_range(name: str, numbers: tf.Tensor, pixels: PixelType) -> tf.Operation | None:
    """Requires that an input's numbers are within the range of the pixels."""
    wide = tf.cast(numbers, tf.int32)
    least, most = tf.reduce_min(wide), tf.reduce_max(wide)
    expected = f"; expected {pixels.low}..{pixels.highest}"
    return require(
        (least >= pixels.low) & (most <= pixels.highest),
        lambda: tf.strings.join([f"{name} holds numbers ", tf.as_string(least), "..", tf.as_string(most), expected]),
    )


def decode_numbers(files: tf.Tensor, name: str, pixels: PixelType) -> tf.Tensor:
    """Decodes PNG files number for number.

    Args:
        files: string `(batch,)`, all of one size, with as many channels and bits as the pixels; at most 4 channels.
        name: the input's name, for messages.
        pixels: what the files hold.

    Returns:
        `(batch, height, width, channels)` of `pixels.dtype`.

    Raises:
        tf.errors.InvalidArgumentError: the batch is empty or has more than `MAX_PIXELS`, sizes differ, or an entry is no PNG file
            of this kind.
    """
    bits, kind = tf.as_dtype(pixels.dtype).size * 8, _COLOUR_TYPES[pixels.channels]
    expected = f"; send PNG files of {pixels.channels} channels of {bits} bits, without a palette"
    checks = [
        require_some(files, name, "PNG"),
        require_each(is_png(files), name, lambda _: tf.constant(f" is not a PNG picture{expected}")),
    ]
    with tf.control_dependencies(checks):
        sizes, depth, colour = png_header(files)
    fits = require_each((depth == bits) & (colour == kind), name, lambda _: tf.constant(f" is of another kind{expected}"))
    with tf.control_dependencies([fits, *require_one_size(sizes, name)]):
        files = tf.identity(files)

    def decode(file: tf.Tensor) -> tf.Tensor:
        # Gray with opacity cannot be asked for by its number of channels, and is what such a file holds anyway.
        channels = 0 if pixels.channels == 2 else pixels.channels
        return tf.ensure_shape(tf.io.decode_png(file, channels, pixels.dtype), (None, None, pixels.channels))

    return tf.map_fn(decode, files, fn_output_signature=tf.TensorSpec((None, None, pixels.channels), pixels.dtype))
