from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.networks import SegmentationNetwork


def test_behaves_as_a_layer():
    image = np.random.default_rng(0).uniform(-1, 1, (2, 32, 48, 3)).astype("float32")
    run_layer_test(SegmentationNetwork, {"num_classes": 4, "filters": 4}, (image,), (2, 32, 48, 4), always_float32=True)


@pytest.mark.parametrize("size", [(33, 47), (16, 90), (7, 5)])
def test_takes_any_size(size):
    image = np.zeros((1, *size, 3), "float32")
    assert SegmentationNetwork(3, filters=2)(image).shape == (1, *size, 3)
