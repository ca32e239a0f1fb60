"""Photos from PNG and JPEG files inside a graph."""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.picture_files import is_png, png_header, require_each, require_one_size, require_some

_JPEG_SIGNATURE = b"\xff\xd8\xff"
_TURNED = (
    r"\C*(?:"
    r"\x01\x12\x00\x03\x00\x00\x00\x01\x00[\x02-\x08]"  # EXIF's entry of the orientation, high byte first
    r"|\x12\x01\x03\x00\x01\x00\x00\x00[\x02-\x08]"  # the same, low byte first
    r'|tiff:Orientation(?:="|>)[2-8]'  # XMP
    r")\C*"
)
"""Files whose metadata say that they are not upright: RE2, in which `\\C` is any byte."""


def decode_photos(files: tf.Tensor, name: str) -> tf.Tensor:
    """Decodes photos from PNG or JPEG files, to the pixels that `tfhd_client.read_photo` returns.

    Gray becomes three equal channels, palettes their colours, transparency is dropped, and of 16 bits the high byte counts.
    Photos whose metadata give another orientation than upright are refused, because TensorFlow's decoders would not turn them.

    Args:
        files: string `(batch,)`, all of one size.
        name: the input's name, for messages.

    Returns:
        uint8 `(batch, height, width, 3)`.

    Raises:
        tf.errors.InvalidArgumentError: the batch is empty or has more than `MAX_PIXELS`, an entry is no PNG or JPEG file or not
            upright, or sizes differ.
    """
    known = is_png(files) | (tf.strings.substr(files, 0, len(_JPEG_SIGNATURE)) == _JPEG_SIGNATURE)
    upright = ~tf.strings.regex_full_match(files, _TURNED)
    turned = " has an EXIF orientation other than upright, which is not applied here; turn its pixels and save it without"
    checks = [
        require_some(files, name, "PNG or JPEG"),
        require_each(known, name, lambda _: tf.constant(" is neither a PNG nor a JPEG picture; send photos as one of them")),
        require_each(upright, name, lambda _: tf.constant(turned)),
    ]
    with tf.control_dependencies(checks):
        sizes = tf.map_fn(_size, files, fn_output_signature=tf.TensorSpec((2,), tf.int64))
    with tf.control_dependencies(require_one_size(sizes, name)):
        files = tf.identity(files)
    return tf.map_fn(_decode, files, fn_output_signature=tf.TensorSpec((None, None, 3), tf.uint8))


def _size(file: tf.Tensor) -> tf.Tensor:
    return tf.cond(is_png(file), lambda: png_header(file)[0], lambda: tf.io.extract_jpeg_shape(file, tf.int64)[:2])


def _decode(file: tf.Tensor) -> tf.Tensor:
    # Not the decoder's default method, which trades accuracy for speed: the client's decoder does not.
    return tf.cond(
        is_png(file),
        lambda: tf.io.decode_png(file, channels=3),
        lambda: tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE"),
    )
