from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from export import checks
from tests.tiny_run import LABEL_SET, tiny_config
from tfhd.config import Config, DataConfig
from tfhd.networks import build_networks


def test_two_sizes_that_fit_the_generator_and_two_batches_are_checked():
    config = dataclasses.replace(Config(), data=DataConfig(height=512, width=1024))
    assert checks.free_shapes(config) == [(1, 256, 512), (2, 256, 512), (1, 128, 256), (2, 128, 256)]
    assert checks.free_shapes(tiny_config()) == [(1, 32, 48), (2, 32, 48), (1, 16, 24), (2, 16, 24)]


@pytest.mark.parametrize("feature_channels", [0, 3])
def test_a_painter_is_compared_with_keras_on_what_the_generator_reads(feature_channels):
    networks = build_networks(tiny_config(feature_channels), LABEL_SET.num_classes)
    seen = []

    def a_little_off(given: checks.Arrays) -> np.ndarray:
        seen.append(given["encoded"])
        picture = np.array(networks.generator(given["encoded"]))
        picture[0, 0, 0, 0] += 0.5
        return picture

    (found,) = checks.differences(networks, checks.Painter(("encoded",), a_little_off), [(2, 32, 48)])
    assert (found.batch, found.height, found.width) == (2, 32, 48)
    assert found.largest == pytest.approx(0.5, abs=1e-5)
    assert found.mean == pytest.approx(0.5 / (2 * 32 * 48 * 3), rel=0.01)
    classes = LABEL_SET.num_classes
    assert seen[0].shape == (2, 32, 48, classes + 1 + feature_channels)
    np.testing.assert_array_equal(seen[0][..., :classes].sum(axis=-1), 1)
    assert 0 < seen[0][..., classes].mean() < 1


def test_the_report_is_a_table_and_a_file(tmp_path, capsys):
    checks.report([checks.Difference(2, 32, 48, 1.5e-3, 2e-4)], tmp_path)
    assert json.loads((tmp_path / "checks.json").read_text()) == [
        {"batch": 2, "height": 32, "width": 48, "largest": 1.5e-3, "mean": 2e-4}
    ]
    assert "2 x 48x32" in capsys.readouterr().out
