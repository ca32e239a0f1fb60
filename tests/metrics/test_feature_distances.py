from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.metrics.pairwise import polynomial_kernel

from tfhd.metrics import FeatureStatistics, frechet_distance, kernel_distance


@pytest.fixture
def features() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    mixed = random.normal(size=(6, 6))
    return random.normal(size=(40, 6)) @ mixed + 3, random.normal(size=(30, 6)) * 1.5 + 100


def statistics_of(features: np.ndarray, *sizes: int) -> FeatureStatistics:
    """Statistics that took the features in batches of these sizes, and then the rest."""
    statistics = FeatureStatistics(features.shape[1])
    for part in np.split(features, np.cumsum(sizes)):
        statistics.update(part)
    return statistics


def test_mean_and_covariance_are_those_of_all_features_whatever_the_batches(features):
    for one in features:
        statistics = statistics_of(one, 1, 7, 11)
        assert statistics.count == len(one)
        np.testing.assert_allclose(statistics.mean, one.mean(axis=0), atol=1e-9)
        np.testing.assert_allclose(statistics.covariance, np.cov(one, rowvar=False), atol=1e-9)


def test_the_frechet_distance_equals_that_by_a_matrix_root_of_scipy(features):
    first, second = features
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    spread = np.trace(covariances[0] + covariances[1] - 2 * sqrtm(covariances[0] @ covariances[1]).real)
    expected = np.square(first.mean(0) - second.mean(0)).sum() + spread
    assert frechet_distance(statistics_of(first, 5), statistics_of(second, 9)) == pytest.approx(expected, rel=1e-6)


def test_the_frechet_distance_of_a_set_from_itself_is_0_even_with_fewer_pictures_than_features():
    few = np.random.default_rng(0).normal(size=(4, 16))
    assert frechet_distance(statistics_of(few), statistics_of(few)) == pytest.approx(0, abs=1e-6)


def test_the_kernel_distance_equals_that_by_kernels_of_scikit_learn(features):
    first, second = features[0] / 10, features[1] / 100
    options = {"degree": 3, "gamma": 1 / 6, "coef0": 1}
    within = [polynomial_kernel(one, **options) for one in (first, second)]
    means = [(kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in within]
    expected = sum(means) - 2 * polynomial_kernel(first, second, **options).mean()
    assert kernel_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_the_kernel_distance_is_unbiased_where_both_sets_are_drawn_alike():
    random = np.random.default_rng(0)
    found = [kernel_distance(random.normal(size=(10, 4)), random.normal(size=(10, 4))) for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
