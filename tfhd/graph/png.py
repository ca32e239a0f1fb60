"""PNG files inside a graph: decoding of id maps, encoding of images."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tfhd.graph.assertions import require

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = 33
"""Bytes up to the end of the header chunk."""
_COLOUR_TYPES = ("gray", "", "RGB", "palette", "gray with alpha", "", "RGB with alpha")
_REMEDY = "; send one number per pixel as a gray PNG of 8 or 16 bits"


def decode_ids(files: tf.Tensor, name: str) -> tf.Tensor:
    """Decodes label or instance maps from PNG files, with every id exactly as stored.

    TensorFlow's decoder converts pixels to the requested type: it multiplies 8-bit values by 257 to make 16 bits, drops the low
    byte of 16-bit values to make 8, and replaces palette indices by the brightness of their colours. Therefore everything is
    decoded as 16 bits and scaled back by the bit depth in the file's header.

    Args:
        files: string `(batch,)`, gray PNG files of 1 to 16 bits, all of one size.
        name: the input's name, for messages.

    Returns:
        uint16 `(batch, height, width, 1)`.

    Raises:
        tf.errors.InvalidArgumentError: the batch is empty, an entry is no gray PNG file, or sizes differ.
    """
    some = require(tf.size(files) > 0, lambda: tf.constant(f"{name} is an empty batch; send at least one PNG"))
    whole = (tf.strings.length(files) >= _HEADER) & (tf.strings.substr(files, 0, 8) == _SIGNATURE)
    is_png = _require_each(whole, name, lambda _: tf.constant(f" is not a PNG picture{_REMEDY}"))
    with tf.control_dependencies([some, is_png]):
        header = tf.io.decode_raw(tf.strings.substr(files, 16, 10), tf.uint8)  # width, height, depth, colour type
    size, depth, colour = header[:, :8], tf.cast(header[:, 8], tf.int32), tf.cast(header[:, 9], tf.int32)
    is_gray = _require_each(colour == 0, name, lambda i: _colour_message(colour[i]))
    same_size = _require_each(
        tf.reduce_all(size == size[:1], axis=1),
        name,
        lambda _: tf.constant(" has another size than the first of its batch; send pictures of one size together"),
    )
    with tf.control_dependencies([is_gray, same_size]):
        files = tf.identity(files)
        scale = tf.cast(65535 // (tf.bitwise.left_shift(1, depth) - 1), tf.uint16)
    return tf.map_fn(
        lambda item: tf.io.decode_png(item[0], channels=1, dtype=tf.uint16) // item[1],
        (files, scale),
        fn_output_signature=tf.TensorSpec((None, None, 1), tf.uint16),
    )


def encode_images(images: tf.Tensor) -> tf.Tensor:
    """Encodes uint8 `(batch, height, width, 3)` as PNG, string `(batch,)`."""
    return tf.map_fn(tf.io.encode_png, images, fn_output_signature=tf.string)


def _colour_message(colour: tf.Tensor) -> tf.Tensor:
    kind = tf.gather(tf.constant(_COLOUR_TYPES), tf.clip_by_value(colour, 0, len(_COLOUR_TYPES) - 1))
    return tf.strings.join([" is a PNG of kind ", kind, _REMEDY])


def _require_each(condition: tf.Tensor, name: str, message: Callable[[tf.Tensor], tf.Tensor]) -> tf.Operation | None:
    """Requires bool `(batch,)`; `message` gets the index of the first entry that fails."""

    def text() -> tf.Tensor:
        first = tf.where(~condition)[0, 0]
        return tf.strings.join([f"{name} number ", tf.as_string(first), message(first)])

    return require(tf.reduce_all(condition), text)
