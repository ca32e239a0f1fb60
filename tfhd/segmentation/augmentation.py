from __future__ import annotations

import tensorflow as tf

OUTSIDE = -1
"""The class of pixels outside the picture."""

_LEAST_ZOOM, _MOST_ZOOM = 0.75, 1.6
_GAIN, _OFFSET = 0.25, 0.15


def augment(image: tf.Tensor, label: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Moves, zooms and recolours photos with their label maps; every picture differently, and alike for the same seed.

    Args:
        image: float32 `(N, H, W, 3)` in [-1, 1].
        label: int32 `(N, H, W)`, class indices.
        seed: int32 `(2,)`.

    Returns:
        Photos and label maps of the same shapes and types; label maps hold `OUTSIDE` where nothing was known.
    """
    count, (height, width) = tf.shape(image)[0], label.shape[1:]

    def draw(number: int, low, high, *shape) -> tf.Tensor:
        return low + (high - low) * tf.random.stateless_uniform((count, *shape), seed + tf.constant([0, number]))

    size = 1 / tf.exp(draw(0, tf.math.log(_LEAST_ZOOM), tf.math.log(_MOST_ZOOM)))
    # A window larger than the picture holds all of it.
    top, left = (
        draw(1, tf.minimum(0.0, 1 - size), tf.maximum(0.0, 1 - size)),
        draw(2, tf.minimum(0.0, 1 - size), tf.maximum(0.0, 1 - size)),
    )
    windows = tf.stack([top, left, top + size, left + size], axis=1), tf.range(count), (height, width)
    image = tf.image.crop_and_resize(image, *windows, "bilinear", 0.0)
    label = tf.image.crop_and_resize(tf.cast(label[..., None], tf.float32), *windows, "nearest", float(OUTSIDE))
    image = image * draw(3, 1 - _GAIN, 1 + _GAIN, 1, 1, 3) + draw(4, -_OFFSET, _OFFSET, 1, 1, 1)
    return tf.clip_by_value(image, -1.0, 1.0), tf.cast(label[..., 0], tf.int32)
