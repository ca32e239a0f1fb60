from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.layer_harness import count_parameters, run_layer_test
from tfhd.interop import load_state_dict
from tfhd.networks import FeatureEncoder


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, 3)).astype("float32")


@pytest.fixture(scope="module")
def instance() -> np.ndarray:
    coarse = np.random.default_rng(0).choice([0, 255, 256, 257, 26001, 65534, 65535], (2, 4, 6))
    return coarse.repeat(4, 1).repeat(4, 2).astype("int32")


def test_behaves_as_a_layer(photo, instance):
    kwargs = {"filters": 4, "num_downsamples": 2, "feature_channels": 2}
    run_layer_test(FeatureEncoder, kwargs, (photo, instance), (2, 16, 24, 2), always_float32=True)


def test_equals_the_original_before_and_after_pooling(parity):
    recorded = parity("feature_encoder")
    encoder = FeatureEncoder(2, 2, 3)
    encoder.build(recorded["image"].shape, recorded["instance"].shape)
    load_state_dict(encoder, {name[2:]: array for name, array in recorded.items() if name.startswith("w/")})
    np.testing.assert_allclose(encoder.features(recorded["image"]), recorded["before_pooling"], atol=1e-5)
    np.testing.assert_allclose(encoder(recorded["image"], recorded["instance"]), recorded["features"], atol=1e-5)


def test_has_as_many_parameters_as_the_original():
    assert count_parameters(FeatureEncoder(), (None, None, None, 3), (None, None, None)) == 788_803


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("dtype", ["int32", "uint16"])
def test_every_instance_has_one_style_in_every_precision(photo, instance, policy, dtype):
    encoder = FeatureEncoder(2, 2, 3, dtype=policy)
    styles = np.asarray(encoder(photo, tf.constant(instance.astype(dtype))))
    for sample, ids in zip(styles, instance, strict=True):
        of_instance = [sample[ids == number] for number in np.unique(ids)]
        assert all(np.ptp(values, axis=0).max() == 0 for values in of_instance)
        assert len(np.unique([values[0] for values in of_instance], axis=0)) == len(of_instance)
