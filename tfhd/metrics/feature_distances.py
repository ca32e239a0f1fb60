"""Distances between the features of two sets of pictures."""

from __future__ import annotations

import numpy as np


class FeatureStatistics:
    """Mean and covariance of features, in memory that does not grow with their number.

    Args:
        size: numbers per picture.
    """

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean = np.zeros(size)
        self.scatter = np.zeros((size, size))
        """float64 `(size, size)`: the sum of the outer products of deviations from the mean."""

    def update(self, features: np.ndarray) -> None:
        """Takes features, float `(N, size)`."""
        features = np.asarray(features, np.float64)
        mean = features.mean(axis=0)
        centered, shift = features - mean, mean - self.mean
        total = self.count + len(features)
        # Chan et al., 1979: unlike sums of squares, deviations lose no digits where the mean is large.
        self.scatter += centered.T @ centered + np.outer(shift, shift) * (self.count * len(features) / total)
        self.mean += shift * (len(features) / total)
        self.count = total

    @property
    def covariance(self) -> np.ndarray:
        """float64 `(size, size)`, of at least two pictures."""
        return self.scatter / (self.count - 1)


def frechet_distance(first: FeatureStatistics, second: FeatureStatistics) -> float:
    """Frechet distance of two normal distributions with the means and covariances of two sets of features.

    The fewer the pictures, the larger it is: compare only values of as many pictures and of the same feature model.

    Args:
        first: of at least two pictures.
        second: of at least two pictures.

    Returns:
        A number from 0 up.

    Reference:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule, 2017.
    """
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    # The trace of the root of a product is that of this symmetric matrix' root, whose eigenvalues are real.
    common = np.linalg.eigvalsh(root @ second.covariance @ root)
    spread = np.trace(first.covariance) + np.trace(second.covariance) - 2 * np.sqrt(np.maximum(common, 0.0)).sum()
    return float(max(0.0, np.square(first.mean - second.mean).sum() + spread))


def kernel_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Squared maximum mean discrepancy of two sets of features under the kernel `(x y / size + 1) ** 3`, unbiased.

    Its expectation does not depend on the number of pictures, and it is below 0 by chance where the sets are alike.

    Args:
        first: float `(N, size)`, N at least 2.
        second: float `(M, size)`, M at least 2.

    Reference:
        Binkowski et al., Demystifying MMD GANs, 2018.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1.0) ** 3

    def mean_of_pairs(x: np.ndarray) -> float:
        values = kernel(x, x)
        return (values.sum() - np.trace(values)) / (len(x) * (len(x) - 1))

    return float(mean_of_pairs(first) + mean_of_pairs(second) - 2 * kernel(first, second).mean())
