from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.layer_harness import run_layer_test
from tfhd.layers import ReflectionFit
from tfhd.networks import FeatureEncoder, GlobalGenerator, LocalEnhancer

SMALL = {"num_downsamples": 2, "num_residual_blocks": 1}


def test_behaves_as_a_layer():
    inputs = np.random.default_rng(0).normal(size=(2, 13, 24, 3)).astype("float32")
    run_layer_test(ReflectionFit, {"multiple": 8}, (inputs,), (2, 16, 24, 3))


@pytest.mark.parametrize(("size", "grown"), [((13, 21), (16, 24)), ((8, 24), (16, 24)), ((16, 32), (16, 32))])
@pytest.mark.parametrize("static", [True, False])
def test_mirrors_at_the_last_row_and_column_to_the_next_multiple(size, grown, static):
    picture = np.random.default_rng(0).normal(size=(1, *size, 2)).astype("float32")
    spec = tf.TensorSpec(picture.shape if static else (None, None, None, 2), tf.float32)
    found = tf.function(ReflectionFit(8), input_signature=[spec])(picture).numpy()
    more = [(0, target - side) for side, target in zip(size, grown, strict=True)]
    np.testing.assert_array_equal(found, np.pad(picture, [(0, 0), *more, (0, 0)], mode="reflect"))


def test_a_single_pixel_fills_the_picture():
    np.testing.assert_array_equal(ReflectionFit(4)(np.full((1, 1, 1, 1), 3.0, "float32")), np.full((1, 8, 8, 1), 3.0))


@pytest.mark.parametrize(
    ("network", "more"),
    [
        (GlobalGenerator(4, **SMALL, fit="pad"), [(0, 3), (0, 1)]),  # multiples of 4
        (LocalEnhancer(2, **SMALL, fit="pad"), [(0, 3), (0, 5)]),  # multiples of 8
    ],
)
def test_generators_paint_any_size_as_the_upper_left_of_the_mirrored_input(network, more):
    inputs = np.random.default_rng(0).normal(size=(1, 29, 51, 5)).astype("float32")
    image = network(inputs)
    assert image.shape == (1, 29, 51, 3)
    mirrored = np.pad(inputs, [(0, 0), *more, (0, 0)], mode="reflect")
    np.testing.assert_allclose(image, network(mirrored)[:, :29, :51], atol=1e-6)


def test_the_encoder_reads_photos_of_any_size():
    encoder = FeatureEncoder(2, 2, fit="pad")
    photo = np.random.default_rng(0).normal(size=(1, 29, 51, 3)).astype("float32")
    instance = np.arange(51).repeat(29).reshape(51, 29).T[None] // 20
    features = np.asarray(encoder(photo, instance))
    assert features.shape == (1, 29, 51, 3)
    for number in range(3):
        assert np.ptp(features[instance == number], axis=0).max() < 1e-6  # one style for each instance
