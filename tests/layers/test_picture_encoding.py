from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.layers import PictureEncoding
from tfhd.layers.label_encoding import instance_edges


@pytest.mark.parametrize(("edges", "channels"), [(True, 4), (False, 3)])
def test_behaves_as_a_layer(edges, channels):
    generator = np.random.default_rng(0)
    picture = generator.uniform(-1, 1, (2, 8, 12, 3)).astype("float32")
    instance = generator.integers(0, 3, (2, 8, 12)).astype("int32")
    run_layer_test(PictureEncoding, {"channels": 3, "instance_edges": edges}, (picture, instance), (2, 8, 12, channels))


def test_the_picture_comes_first_and_edges_last():
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 4, 6, 2)).astype("float32")
    instance = np.repeat([[[65534, 65535, 65535, 3, 3, 3]]], 4, axis=1)
    encoded = np.asarray(PictureEncoding(2)(picture, instance))
    np.testing.assert_array_equal(encoded[..., :2], picture)
    np.testing.assert_array_equal(encoded[..., 2], np.asarray(instance_edges(instance)))
