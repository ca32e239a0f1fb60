"""Checks on batches of picture files inside a graph, before any of their pixels are decoded."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tfhd.graph.assertions import require

MAX_PIXELS = 8192 * 8192
"""Limit for all pictures of a batch together: a file of a few kilobytes may hold billions of equal pixels."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = 33
"""Bytes of a PNG file up to the end of its header chunk."""


def is_png(files: tf.Tensor) -> tf.Tensor:
    """Whether each file, string of any shape, begins as a PNG file with a whole header; bool of that shape."""
    return (tf.strings.length(files) >= _HEADER) & (tf.strings.substr(files, 0, len(PNG_SIGNATURE)) == PNG_SIGNATURE)


def png_header(files: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Reads the headers of PNG files.

    Args:
        files: string of any shape, for all of which `is_png` holds.

    Returns:
        Height and width, int64 `(..., 2)`; bits per channel and colour type, int32 `(...)`.
    """
    fields = tf.cast(tf.io.decode_raw(tf.strings.substr(files, 16, 10), tf.uint8), tf.int64)
    width, height = (tf.reduce_sum(fields[..., start : start + 4] * [1 << 24, 1 << 16, 1 << 8, 1], -1) for start in (0, 4))
    depth, colour = (tf.cast(fields[..., place], tf.int32) for place in (8, 9))
    return tf.stack([height, width], axis=-1), depth, colour


def require_some(files: tf.Tensor, name: str, kind: str) -> tf.Operation | None:
    """Requires that a batch is not empty; `kind` of the files is for the message."""
    return require(tf.size(files) > 0, lambda: tf.constant(f"{name} is an empty batch; send at least one {kind}"))


def require_one_size(sizes: tf.Tensor, name: str) -> list[tf.Operation | None]:
    """Requires that pictures are of one size, and within `MAX_PIXELS` together.

    Args:
        sizes: int64 `(batch, 2)`, height and width of each.
        name: the input's name, for messages.
    """
    # Divided and not multiplied: the header's numbers may overflow.
    most = MAX_PIXELS // tf.maximum(tf.shape(sizes, tf.int64)[0], 1)
    fits = tf.reduce_all(sizes[:, 0] <= most // tf.maximum(sizes[:, 1], 1))
    message = f"{name}: the batch has more than {MAX_PIXELS} pixels; send fewer or smaller pictures at a time"
    return [
        require_each(
            tf.reduce_all(sizes == sizes[:1], axis=1),
            name,
            lambda _: tf.constant(" has another size than the first of its batch; send pictures of one size together"),
        ),
        require(fits, lambda: tf.constant(message)),
    ]


def require_each(condition: tf.Tensor, name: str, message: Callable[[tf.Tensor], tf.Tensor]) -> tf.Operation | None:
    """Requires bool `(batch,)`; `message` gets the index of the first entry that fails."""

    def text() -> tf.Tensor:
        first = tf.where(~condition)[0, 0]
        return tf.strings.join([f"{name} number ", tf.as_string(first), message(first)])

    return require(tf.reduce_all(condition), text)
