from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tiny_run import LABEL_SET
from tfhd.config import Config, DataConfig
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet
from tfhd.train.changes import find_changes


@pytest.fixture
def run(tmp_path: Path) -> Config:
    """A run of a label set that has been moved away; it keeps a copy of its own."""
    (tmp_path / "label_set.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    return Config(data=DataConfig(label_set=str(tmp_path / "gone.json")))


def test_a_label_set_may_move_but_not_change(run: Config, tmp_path: Path) -> None:
    moved = tmp_path / "moved.json"
    moved.write_text(LABEL_SET.to_json(), encoding="utf-8")
    after = replace(run, data=replace(run.data, label_set=str(moved)))
    assert find_changes(run, after, tmp_path / "config.json") == {"data.label_set": (str(tmp_path / "gone.json"), str(moved))}
    moved.write_text(LabelSet("tiny", LABEL_SET.classes[:-1]).to_json(), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"says data\.label_set .*, but the flags .*moved\.json; --resume can change data\.root, "
    ):
        find_changes(run, after, tmp_path / "config.json")
