from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import BatchNormalizedConvolution, PyramidPooling
from tfhd.layers.pyramid_pooling import _shares


def test_behaves_as_a_layer():
    inputs = np.random.default_rng(0).normal(size=(2, 6, 10, 5)).astype("float32")
    run_layer_test(PyramidPooling, {"filters": 3, "bins": [1, 2, 3]}, (inputs,), (2, 6, 10, 5 + 9))


def test_a_convolution_with_batch_normalization_behaves_as_a_layer():
    inputs = np.random.default_rng(0).normal(size=(2, 6, 10, 5)).astype("float32")
    run_layer_test(BatchNormalizedConvolution, {"filters": 3, "strides": 2}, (inputs,), (2, 3, 5, 3))


@pytest.mark.parametrize(("bins", "size"), [(1, 7), (2, 8), (3, 9), (3, 7), (6, 4)])
def test_bins_are_means_of_equal_parts_of_a_line(bins, size):
    shares = np.asarray(_shares(bins, size))
    # Every pixel split into as many equal pieces as there are bins, so that bins hold whole pieces.
    pieces = np.repeat(np.eye(size), bins, axis=0).reshape(bins, size, size)
    np.testing.assert_allclose(shares, pieces.mean(axis=1), atol=1e-6)


def test_the_coarsest_grid_is_the_mean_of_the_picture():
    keep = PyramidPooling(filters=2, bins=[1])
    inputs = np.random.default_rng(0).normal(size=(2, 4, 6, 2)).astype("float32")
    pooled = np.asarray(keep(inputs))[..., 2:]
    assert np.ptp(pooled, axis=(1, 2)).max() == pytest.approx(0, abs=1e-6)
    means = inputs.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(pooled[:, :1, :1], keep.reductions[0](means), atol=1e-5)
