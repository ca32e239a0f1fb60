from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tfhd.config import DataConfig
from tfhd.readers import Example
from tfhd.readers.reading import read_example


@pytest.mark.parametrize(("meaning", "count"), [("unique", 2), ("per_class", 4), ("zero_is_none", 4)])
def test_training_reads_instance_ids_as_the_configuration_says(tmp_path: Path, meaning: str, count: int) -> None:
    """Three cars, of which the map names one, on a road that it does not name; the id is the road's of a second class."""
    label, instance = street(32, 48, cars=2)
    stored = np.where(instance == 26001, 1, 0).astype(np.uint8)
    stored[:, 40:] = np.where(label[:, 40:] == 7, 1, 0)
    for kind, array in (("label", label), ("inst", stored), ("img", np.stack([label * 5] * 3, axis=2))):
        (tmp_path / f"train_{kind}").mkdir()
        Image.fromarray(array).save(tmp_path / f"train_{kind}" / "0.png")
    (tmp_path / "tiny.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    config = DataConfig(root=str(tmp_path), label_set=str(tmp_path / "tiny.json"), instance_ids=meaning)
    sample = config.open_files("train").load(0)
    assert sample.instance.dtype == np.int32
    found = np.unique(sample.instance)
    assert len(found) == {"unique": 2, "per_class": 4, "zero_is_none": 3}[meaning]


def test_all_errors_are_kept_by_an_attempt_that_keeps_them(tmp_path: Path) -> None:
    paths = [tmp_path / f"{kind}.png" for kind in ("label", "photo", "inst")]
    for path in paths:
        path.write_text("hello")
    kinds = []
    read = read_example(Example("x", *paths), LABEL_SET, "unique", attempt=lambda kind, path, _: kinds.append((kind, path)))
    assert kinds == [("unreadable", paths[1]), ("unreadable", paths[0]), ("unreadable", paths[2])]
    assert set(read) == {None}
