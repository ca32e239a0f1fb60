"""Maps that were resized or rotated like photos: ids between those of two classes or objects name a third, and train as such."""

from __future__ import annotations

from typing import Literal

import numpy as np

Smoothing = Literal["none", "interpolated", "outlines"]

_FEW = 50
"""Borders so few say nothing."""

_SMOOTHED_SHARE = 0.15
"""CamVid's and Cityscapes' maps, also resized by nearest, have at most 0.053; bilinear and bicubic ones from 0.26 on."""

_ALL = 0.98
"""Share of the borders of two ids that an outline covers with one id."""

_PAIRS = 32
"""Pairs of ids that are looked at, the most frequent ones: interpolated instance maps have thousands."""


def find_smoothing(ids: np.ndarray) -> Smoothing:
    """Whether ids look interpolated: between two that differ in a row often lies one pixel of a value in between.

    Args:
        ids: int `(height, width)`, raw ids of classes or instances.

    Returns:
        "outlines" where, of any two ids, it is always the same value, and they never touch: what draws outlines does so, and
        interpolating two ids that differ by two.
    """
    left, middle, right = ids[:, :-2], ids[:, 1:-1], ids[:, 2:]
    between = ((left < middle) & (middle < right)) | ((left > middle) & (middle > right))
    borders, found = int(np.count_nonzero(left != middle)), int(np.count_nonzero(between))
    if borders < _FEW or found <= _SMOOTHED_SHARE * borders:
        return "none"
    outlined = _count_outlined(left[between], middle[between], right[between], ids)
    return "outlines" if found - outlined <= _SMOOTHED_SHARE * borders else "interpolated"


def _count_outlined(left: np.ndarray, middle: np.ndarray, right: np.ndarray, ids: np.ndarray) -> int:
    """How many pixels in between are the outline of the ids on both sides."""
    pairs, touching = _pair(left, right), _pair(ids[:, :-1], ids[:, 1:])
    kinds, counts = np.unique(pairs, return_counts=True)
    outlined = 0
    for kind in kinds[np.argsort(-counts)[:_PAIRS]]:
        chosen = middle[pairs == kind]
        most = np.unique_counts(chosen).counts.max()
        outlined += int(most) if most >= _ALL * (len(chosen) + np.count_nonzero(touching == kind)) else 0
    return outlined


def _pair(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A number for each two ids, whichever comes first."""
    return np.minimum(one, other).astype(np.int64) << 32 | np.maximum(one, other)
