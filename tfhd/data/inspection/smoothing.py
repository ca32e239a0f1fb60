"""Label maps that were resized or rotated like photos: ids between those of two classes name a third, and train as such."""

from __future__ import annotations

import numpy as np

_FEW = 50
"""Borders so few say nothing."""

_SMOOTHED_SHARE = 0.15
"""CamVid's and Cityscapes' maps, also resized by nearest, have at most 0.053; bilinear and bicubic ones from 0.26 on."""


def is_smoothed(ids: np.ndarray) -> bool:
    """Whether ids look interpolated: between two that differ in a row often lies one pixel of a value in between.

    Args:
        ids: int `(height, width)`, raw ids.
    """
    left, middle, right = ids[:, :-2], ids[:, 1:-1], ids[:, 2:]
    between = ((left < middle) & (middle < right)) | ((left > middle) & (middle > right))
    borders = int(np.count_nonzero(left != middle))
    return borders >= _FEW and int(np.count_nonzero(between)) > _SMOOTHED_SHARE * borders
