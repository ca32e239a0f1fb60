from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfhd.layers.bilinear_resize import bilinear_resize


@pytest.mark.parametrize("size", [(8, 12), (5, 3), (4, 6), (1, 1), (9, 20)])
def test_equals_the_interpolation_of_keras(size):
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")
    expected = keras.ops.image.resize(x, size, interpolation="bilinear")
    np.testing.assert_allclose(bilinear_resize(x, *size), expected, atol=1e-5)


def test_a_graph_may_leave_sizes_free():
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")
    graph = tf.function(
        bilinear_resize, input_signature=[tf.TensorSpec((None, None, None, 3)), *[tf.TensorSpec((), tf.int32)] * 2]
    )
    np.testing.assert_allclose(graph(x, 7, 9), bilinear_resize(x, 7, 9), atol=1e-6)
