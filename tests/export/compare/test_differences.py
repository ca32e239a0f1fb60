from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from tests.tiny_run import LABEL_SET, tiny_config
from tfhd.config import Config, DataConfig, TrainingConfig
from tfhd.errors import InputError
from tfhd.export.compare import differences as checks
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
    made = checks.Checks("step-00000500 averaged", "0f", {"inputs": "maps"}, [checks.Difference(2, 32, 48, 1.5e-3, 2e-4)])
    checks.report(made, tmp_path)
    assert json.loads((tmp_path / "checks.json").read_text()) == {
        "weights": "step-00000500 averaged",
        "digest": "0f",
        "settings": {"inputs": "maps"},
        "differences": [{"batch": 2, "height": 32, "width": 48, "largest": 1.5e-3, "mean": 2e-4}],
    }
    assert "2 x 48x32" in capsys.readouterr().out
    assert checks.Checks.load(tmp_path / "checks.json") == made


ROW = {"batch": 1, "height": 16, "width": 16, "largest": 0.1, "mean": 0.1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("{", "EOF"),
        ("[]", "all of it"),
        ('{"weights": "a", "digest": "b", "settings": {}, "differences": []}', "differences: .* at least 1 item"),
        *[
            (json.dumps({"weights": "a", "digest": "b", "settings": {}, "differences": [ROW | wrong]}), rf"differences\.0\.{key}")
            for wrong in ({"batch": 0}, {"height": -16}, {"width": 1.5}, {"width": "16"}, {"batch": True}, {"more": 1})
            for key in wrong
        ],
    ],
)
def test_what_is_no_file_of_checks_is_told(tmp_path, text, reason):
    if text is not None:
        (tmp_path / "checks.json").write_text(text)
    message = rf"checks\.json: cannot read what was converted and compared \(.*{reason}.*\); convert the generator anew"
    with pytest.raises(InputError, match=message) as caught:
        checks.Checks.load(tmp_path / "checks.json")
    assert "\n" not in str(caught.value)


def test_a_digest_tells_weights_apart_and_not_precisions():
    low_precision = dataclasses.replace(tiny_config(), training=TrainingConfig(precision="mixed_bfloat16"))
    configs = tiny_config(), tiny_config(), low_precision
    tiny, other, low = (build_networks(config, LABEL_SET.num_classes).generator for config in configs)
    assert checks.digest(tiny) != checks.digest(other)
    other.set_weights(tiny.get_weights())
    low.set_weights(tiny.get_weights())
    assert checks.digest(tiny) == checks.digest(other) == checks.digest(low)
