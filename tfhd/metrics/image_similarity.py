from __future__ import annotations

import numpy as np


def mean_l1(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean absolute difference of each pair of pictures.

    Args:
        first: float `(N, H, W, 3)` in [-1, 1].
        second: the same shape and range.

    Returns:
        float64 `(N,)` in 0..1: 1 is black against white.
    """
    return np.abs(np.asarray(first, np.float64) - np.asarray(second, np.float64)).mean(axis=(1, 2, 3)) / 2.0
