"""EXIF orientations of photo files inside a graph."""

from __future__ import annotations

import tensorflow as tf

_BEHIND = 10
"""Bytes of an orientation's entry up to its value, in both byte orders."""


def orientation_of(file: tf.Tensor) -> tf.Tensor:
    """The first EXIF orientation that a picture file states, int32 scalar; 1, upright, where it states none.

    An entry is found by its bytes: the tag 0x0112, one number of 16 bits, and that number. No other data has these eight bytes
    but by a chance of one in 2**64 for each byte of a file.

    Args:
        file: string scalar.
    """
    data = tf.io.decode_raw(file, tf.uint8)
    # Only entries wholly inside the file, and at least no places at all.
    places = tf.maximum(tf.size(data) - _BEHIND + 1, 0)
    little = _find(data, places, b"\x12\x01\x03\x00\x01\x00\x00\x00")
    big = _find(data, places, b"\x01\x12\x00\x03\x00\x00\x00\x01")
    found = tf.concat([little + 8, big + 9], axis=0)
    order = tf.argsort(tf.concat([little, big], axis=0))
    values = tf.cast(tf.gather(data, tf.gather(found, order)), tf.int32)
    # Numbers that are no orientation turn nothing.
    first = tf.concat([values, [1]], axis=0)[0]
    return tf.where((first >= 1) & (first <= 8), first, 1)


def _find(data: tf.Tensor, places: tf.Tensor, pattern: bytes) -> tf.Tensor:
    """Where a pattern begins, int64 ascending, among the first `places` bytes."""
    matches = tf.ones([places], tf.bool)
    for offset, value in enumerate(pattern):
        matches &= data[offset : offset + places] == value
    return tf.where(matches)[:, 0]
