from __future__ import annotations

import dataclasses
import json

import pytest

from tests.tiny_run import LABEL_SET, tiny_config
from tfhd.config import TrainingConfig
from tfhd.errors import InputError
from tfhd.export.compare.comparison import Comparison, Difference, weights_digest
from tfhd.networks import build_networks


def test_a_comparison_is_a_table_and_a_file(tmp_path, capsys):
    made = Comparison("step-00000500 averaged", "0f", {"inputs": "maps"}, [Difference(2, 32, 48, 1.5e-3, 2e-4)])
    assert made.write(tmp_path) == tmp_path / "checks.json"
    made.print_table()
    assert json.loads((tmp_path / "checks.json").read_text()) == {
        "weights": "step-00000500 averaged",
        "digest": "0f",
        "settings": {"inputs": "maps"},
        "differences": [{"batch": 2, "height": 32, "width": 48, "largest": 1.5e-3, "mean": 2e-4}],
    }
    assert "2 x 48x32" in capsys.readouterr().out
    assert Comparison.load(tmp_path) == made


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
def test_a_damaged_comparison_file_is_named(tmp_path, text, reason):
    if text is not None:
        (tmp_path / "checks.json").write_text(text)
    message = rf"checks\.json: cannot read what was converted and compared \(.*{reason}.*\); convert the generator anew"
    with pytest.raises(InputError, match=message) as caught:
        Comparison.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_digest_tells_weights_apart_and_not_precisions():
    low_precision = dataclasses.replace(tiny_config(), training=TrainingConfig(precision="mixed_bfloat16"))
    configs = tiny_config(), tiny_config(), low_precision
    tiny, other, low = (build_networks(config, LABEL_SET.num_classes).generator for config in configs)
    assert weights_digest(tiny) != weights_digest(other)
    other.set_weights(tiny.get_weights())
    low.set_weights(tiny.get_weights())
    assert weights_digest(tiny) == weights_digest(other) == weights_digest(low)
