"""How alike two pictures are, pixel by pixel and window by window."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.ndimage import correlate1d

from tfhd.metrics.image_difference import mean_l1

_RANGE = 2.0  # of values in [-1, 1]
_RADIUS, _DEVIATION = 5, 1.5  # of the Gaussian window, in pixels

SMALLEST_SIDE = 2 * _RADIUS + 1
"""Pixels each way of the smallest picture that `ssim` takes."""


def psnr(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each pair of pictures.

    Args:
        first: float `(N, H, W, 3)` in [-1, 1].
        second: the same shape and range.

    Returns:
        float64 `(N,)` in decibels; infinite for equal pictures.
    """
    error = np.square(np.asarray(first, np.float64) - np.asarray(second, np.float64)).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(_RANGE**2 / error)


def ssim(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Structural similarity of each pair of pictures: the mean over channels and over all whole windows.

    Args:
        first: float `(N, H, W, 3)` in [-1, 1], H and W at least `SMALLEST_SIDE`.
        second: the same shape and range.

    Returns:
        float64 `(N,)`, 1 for equal pictures.

    Raises:
        ValueError: the pictures are smaller than a window.

    Reference:
        Wang et al., Image Quality Assessment, 2004.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if min(first.shape[1:3]) < SMALLEST_SIDE:
        raise ValueError(f"pictures of {first.shape[1]}x{first.shape[2]}; SSIM takes at least {SMALLEST_SIDE} pixels each way")
    offsets = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2
    mean_first, mean_second = _window_means(first), _window_means(second)
    product = mean_first * mean_second
    squares = np.square(mean_first) + np.square(mean_second)
    covariance = _window_means(first * second) - product
    variances = _window_means(np.square(first) + np.square(second)) - squares
    luminance = (2 * product + offsets[0]) / (squares + offsets[0])
    structure = (2 * covariance + offsets[1]) / (variances + offsets[1])
    return (luminance * structure).mean(axis=(1, 2, 3))


def style_diversity(pictures: np.ndarray) -> float:
    """Mean absolute difference over all pairs of pictures that show the same label map in different styles.

    Args:
        pictures: float `(S, H, W, 3)` in [-1, 1], S at least 2.

    Returns:
        A number in 0..1.
    """
    return float(np.mean([mean_l1(pictures[i : i + 1], pictures[j : j + 1])[0] for i, j in pairs(len(pictures))]))


def pairs(count: int) -> list[tuple[int, int]]:
    """All pairs of different numbers below `count`."""
    return list(itertools.combinations(range(count), 2))


def _window_means(values: np.ndarray) -> np.ndarray:
    """Means under the Gaussian window, at its places inside the picture."""
    weights = np.exp(-np.square(np.arange(-_RADIUS, _RADIUS + 1)) / (2 * _DEVIATION**2))
    for axis in (1, 2):
        values = correlate1d(values, weights / weights.sum(), axis=axis)
    return values[:, _RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
