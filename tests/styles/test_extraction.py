from collections.abc import Callable

import numpy as np
import pytest

from tfhd.interop import load_state_dict
from tfhd.networks import FeatureEncoder
from tfhd.styles import record_features

Parity = Callable[[str], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def encoder() -> FeatureEncoder:
    network = FeatureEncoder(2, 2, 3)
    network.build((None, None, None, 3), (None, None, None))
    return network


def test_features_and_shares_equal_the_originals_recording(encoder: FeatureEncoder, parity: Parity) -> None:
    fixture = parity("recorded_features")
    weights = {name[2:]: value for name, value in fixture.items() if name.startswith("w/")}
    load_state_dict(encoder, weights)
    image, instance = fixture["image"], fixture["instance"]
    label = np.where(instance >= 1000, instance // 1000, instance)
    recorded = record_features(encoder, [{"label": label, "instance": instance, "image": image}], 35)

    height, width = instance.shape[1:]
    original_share = recorded.share * (height * width) / (height * width // 32)
    rows = np.concatenate([recorded.class_index[:, None], recorded.feature, original_share[:, None]], axis=1)
    expected = np.concatenate(
        [
            np.insert(value, 0, int(name[len("class") :]), axis=1)
            for name, value in fixture.items()
            if name.startswith("class") and len(value)
        ]
    )
    assert len(rows) == len(expected)
    for row in expected:  # several instances of one class come in another order
        assert np.abs(rows - row).max(axis=1).min() < 1e-4


def test_the_class_of_an_instance_is_that_of_most_of_its_pixels(encoder: FeatureEncoder) -> None:
    instance = np.zeros((2, 8, 8), np.int32)
    instance[:, :, 4:] = 40000
    label = np.zeros((2, 8, 8), np.int32)
    label[0, :, 5:] = 6
    label[1, :, 7:] = 6
    image = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)
    recorded = record_features(encoder, [{"label": label, "instance": instance, "image": image}] * 2, 7)
    assert sorted(recorded.class_index.tolist()) == [0] * 6 + [6] * 2
    assert recorded.share.tolist() == [0.5] * 8
    pooled = np.asarray(encoder(image, instance))
    np.testing.assert_array_equal(recorded.feature[recorded.class_index == 6][0], pooled[0, 0, 7])


def test_no_batches_give_no_rows(encoder: FeatureEncoder) -> None:
    recorded = record_features(encoder, [], 7)
    assert (recorded.class_index.shape, recorded.feature.shape, recorded.share.shape) == ((0,), (0, 3), (0,))
