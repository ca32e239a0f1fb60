from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.preprocessing import normalize

from tfhd.metrics import feature_distance, vgg19_model
from tfhd.networks import VGG19Features


@pytest.fixture(scope="module")
def network() -> VGG19Features:
    keras.utils.set_random_seed(0)
    network = VGG19Features()
    network.build((None, None, None, 3))
    return network


def pictures(seed: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 32, 48, 3)).astype(np.float32)


def test_a_picture_becomes_the_mean_of_its_deepest_features(network):
    model = vgg19_model(network, "random")
    found = model.features(pictures(0))
    assert found.shape == (2, model.size)
    np.testing.assert_allclose(found, np.mean(network(pictures(0))[-1], axis=(1, 2)), rtol=1e-5, atol=1e-6)
    assert "VGG19 relu5_1" in model.name
    assert "random" in model.name


def test_the_distance_of_features_equals_that_of_unit_vectors_of_scikit_learn(network):
    first, second = ([np.asarray(layer) for layer in network(pictures(seed))] for seed in (0, 1))
    expected = np.zeros(2)
    for a, b in zip(first, second, strict=True):
        for i in range(2):
            unit = [normalize(each[i].reshape(-1, each.shape[-1]).astype(np.float64)) for each in (a, b)]
            expected[i] += np.square(unit[0] - unit[1]).sum(axis=1).mean()
    np.testing.assert_allclose(feature_distance(first, second), expected, atol=1e-6)


def test_equal_features_have_no_distance(network):
    features = [np.asarray(layer) for layer in network(pictures(0))]
    np.testing.assert_array_equal(feature_distance(features, features), [0.0, 0.0])
