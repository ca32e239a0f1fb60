"""PNG files inside a graph: decoding of id maps, encoding of images."""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.picture_files import is_png, png_header, require_each, require_one_size, require_some

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
        tf.errors.InvalidArgumentError: the batch is empty or has more than `MAX_PIXELS`, an entry is no gray PNG file, or sizes
            differ.
    """
    some = require_some(files, name, "PNG")
    valid = require_each(is_png(files), name, lambda _: tf.constant(f" is not a PNG picture{_REMEDY}"))
    with tf.control_dependencies([some, valid]):
        sizes, depth, colour = png_header(files)
    gray = require_each(colour == 0, name, lambda i: _colour_message(colour[i]))
    with tf.control_dependencies([gray, *require_one_size(sizes, name)]):
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
