from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.layer_harness import run_layer_test
from tfhd.layers import LabelEncoding
from tfhd.layers.label_encoding import instance_edges


@pytest.mark.parametrize(("edges", "channels"), [(True, 5), (False, 4)])
def test_behaves_as_a_layer(edges, channels):
    generator = np.random.default_rng(0)
    label = generator.integers(0, 4, (2, 8, 12)).astype("int32")
    instance = generator.integers(0, 3, (2, 8, 12)).astype("int32")
    run_layer_test(LabelEncoding, {"num_classes": 4, "instance_edges": edges}, (label, instance), (2, 8, 12, channels))


def test_edges_equal_the_originals(parity):
    recorded = parity("instance_edges")
    np.testing.assert_array_equal(np.asarray(instance_edges(recorded["instance"])), recorded["edges"] == 1)


def test_marks_both_sides_of_a_border_and_no_corner():
    instance = np.zeros((1, 4, 4), "int32")
    instance[0, 1, 1] = 5
    expected = [[0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(LabelEncoding(2)(np.zeros((1, 4, 4), "int32"), instance)[0, :, :, -1], expected)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("dtype", ["int32", "uint16"])
@pytest.mark.parametrize("pair", [(0, 65535), (65534, 65535), (26001, 26002), (257, 256), (32767, 32768)])
def test_any_two_ids_are_distinguished(policy, dtype, pair):
    instance = tf.constant(np.array([[pair]], dtype))
    encoded = LabelEncoding(1, dtype=policy)(tf.zeros((1, 1, 2), dtype), instance)
    np.testing.assert_array_equal(np.asarray(encoded, "float32")[0, 0], [[1, 1], [1, 1]])


def test_a_label_outside_the_classes_gets_zeros():
    label = np.array([[[0, 2, 3, 255, -1]]], "int32")
    encoded = LabelEncoding(3, instance_edges=False)(label, np.zeros_like(label))
    np.testing.assert_array_equal(encoded[0, 0], [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])


def test_classes_come_first_and_edges_last():
    label = np.array([[[0, 1, 1]]], "int32")
    instance = np.array([[[0, 0, 9]]], "int32")
    np.testing.assert_array_equal(LabelEncoding(2)(label, instance)[0, 0], [[1, 0, 0], [0, 1, 1], [0, 1, 1]])
