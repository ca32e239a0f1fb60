from __future__ import annotations

import numpy as np


def mean_l1(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes the mean absolute difference of each pair of images.

    Args:
        first: float `(N, H, W, C)` in [-1, 1].
        second: the same shape and range.

    Returns:
        float64 `(N,)` in 0..1, where 1 is black against white.
    """
    return np.abs(np.asarray(first, np.float64) - np.asarray(second, np.float64)).mean(axis=(1, 2, 3)) / 2.0
