"""Photos whose numbers were probably read or scaled wrongly."""

from __future__ import annotations

from typing import Literal

import numpy as np

PhotoLight = Literal["fine", "black", "clipped"]

DARK = 64
"""A photo of which no sampled channel exceeds this (of 255) is nearly black: 10, 12 or 14 bits in a 16-bit file look so."""

CLIPPED_SHARE = 0.9
"""A photo of which a greater share of all channels is 0 or 255 is clipped: numbers beyond 255 that were cut off look so."""

_SAMPLED_SIDE = 64
"""Rows and columns that are looked at, evenly spaced, where there are more."""


def find_photo_light(image: np.ndarray) -> PhotoLight:
    """Judges a photo, uint8 `(H, W, 3)`, by up to 64 x 64 of its pixels."""
    rows, columns = (-(-side // _SAMPLED_SIDE) for side in image.shape[:2])
    sampled = image[::rows, ::columns]
    if sampled.max() <= DARK:
        return "black"
    return "clipped" if ((sampled == 0) | (sampled == 255)).mean() > CLIPPED_SHARE else "fine"
