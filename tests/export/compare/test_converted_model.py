from __future__ import annotations

import numpy as np
import pytest

from tests.export.conftest import edgeless_config
from tests.tiny_run import LABEL_SET, style_table, tiny_config
from tfhd.export.compare.converted_model import Arrays, ConvertedModel, compare_converted
from tfhd.export.map_tables import MapTables
from tfhd.networks import build_networks


@pytest.mark.parametrize("feature_channels", [0, 3])
def test_a_model_is_compared_with_keras_on_what_the_generator_reads(feature_channels):
    networks = build_networks(tiny_config(feature_channels), LABEL_SET.num_classes)
    seen = []

    def a_little_off(given: Arrays) -> np.ndarray:
        seen.append(given["encoded"])
        picture = np.array(networks.generator(given["encoded"]))
        picture[0, 0, 0, 0] += 0.5
        return picture

    (found,) = compare_converted(networks, ConvertedModel(("encoded",), a_little_off), [(2, 32, 48)])
    assert (found.batch, found.height, found.width) == (2, 32, 48)
    assert found.largest == pytest.approx(0.5, abs=1e-5)
    assert found.mean == pytest.approx(0.5 / (2 * 32 * 48 * 3), rel=0.01)
    classes = LABEL_SET.num_classes
    assert seen[0].shape == (2, 32, 48, classes + 1 + feature_channels)
    np.testing.assert_array_equal(seen[0][..., :classes].sum(axis=-1), 1)
    assert 0 < seen[0][..., classes].mean() < 1


@pytest.mark.parametrize("inputs", ["encoded", "maps"])
def test_a_generator_without_instance_edges_is_compared_on_classes_and_styles_alone(inputs: str) -> None:
    networks = build_networks(edgeless_config(), LABEL_SET.num_classes)
    tables = MapTables.of(LABEL_SET, style_table(3), instance_edges=False) if inputs == "maps" else None
    seen = []

    def synthesize(given: Arrays) -> np.ndarray:
        seen.append(given)
        if tables is None:
            return np.array(networks.generator(given["encoded"]))
        classes = tables.classes(given["label"])
        encoded = np.concatenate([np.eye(LABEL_SET.num_classes)[classes], tables.features(classes, given["style"])], axis=-1)
        return np.array(networks.generator(encoded))

    (found,) = compare_converted(networks, ConvertedModel((inputs,), synthesize), [(2, 32, 48)], tables)
    assert found.largest < 1e-5
    assert set(seen[0]) == ({"encoded"} if tables is None else {"label", "style"})
