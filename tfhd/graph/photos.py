"""Photos from PNG and JPEG files inside a graph."""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.orientation import orientation_of
from tfhd.graph.picture_files import is_png, png_header, require_each, require_one_size, require_some

_JPEG_SIGNATURE = b"\xff\xd8\xff"


def decode_photos(files: tf.Tensor, name: str) -> tf.Tensor:
    """Decodes photos from PNG or JPEG files, to the pixels that `tfhd_client.read_photo` returns.

    Gray becomes three equal channels, palettes their colours, and transparency is dropped. Of 16 bits per channel the high
    byte counts. Photos that an EXIF orientation turns are refused.

    Args:
        files: string `(batch,)`, all of one size.
        name: the input's name, for messages.

    Returns:
        uint8 `(batch, height, width, 3)`.

    Raises:
        tf.errors.InvalidArgumentError: the batch is empty or has more than `MAX_PIXELS`, an entry is no PNG or JPEG file or
            has an EXIF orientation, or sizes differ.
    """
    known = is_png(files) | (tf.strings.substr(files, 0, len(_JPEG_SIGNATURE)) == _JPEG_SIGNATURE)
    some = require_some(files, name, "PNG or JPEG")
    valid = require_each(known, name, lambda _: tf.constant(" is neither a PNG nor a JPEG picture; send photos as one of them"))
    with tf.control_dependencies([some, valid]):
        sizes = tf.map_fn(_size, files, fn_output_signature=tf.TensorSpec((2,), tf.int64))
        orientations = tf.map_fn(orientation_of, files, fn_output_signature=tf.TensorSpec((), tf.int32))
    upright = require_each(orientations == 1, name, lambda index: _orientation_message(orientations[index]))
    with tf.control_dependencies([upright, *require_one_size(sizes, name)]):
        files = tf.identity(files)
    return tf.map_fn(_decode, files, fn_output_signature=tf.TensorSpec((None, None, 3), tf.uint8))


def _size(file: tf.Tensor) -> tf.Tensor:
    return tf.cond(is_png(file), lambda: png_header(file)[0], lambda: tf.io.extract_jpeg_shape(file, tf.int64)[:2])


def _decode(file: tf.Tensor) -> tf.Tensor:
    # Not the decoder's default method, which trades accuracy for speed: the client's decoder does not.
    return tf.cond(
        is_png(file),
        lambda: _decode_png(file),
        lambda: tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE"),
    )


def _decode_png(file: tf.Tensor) -> tf.Tensor:
    _, depth, _ = png_header(file)

    def narrowed() -> tf.Tensor:
        return tf.cast(tf.io.decode_png(file, channels=3, dtype=tf.uint16) // 256, tf.uint8)

    return tf.cond(depth == 16, narrowed, lambda: tf.io.decode_png(file, channels=3))


def _orientation_message(orientation: tf.Tensor) -> tf.Tensor:
    return tf.strings.join(
        [" has the EXIF orientation ", tf.as_string(orientation), "; turn its pixels upright, and send it without EXIF data"]
    )
