from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.quality import Quality, read_quality, style_difference

GOOD = Quality(pictures=32, l1_encoder=0.05, l1_class_colors=0.1, l1_reduction=0.5, styles_differ_by=30.0)


def gray(path: Path, value: int) -> Path:
    Image.fromarray(np.full((4, 8, 3), value, np.uint8)).save(path)
    return path


def test_style_difference_is_the_mean_over_all_pairs_of_each_scene_and_not_across_scenes(tmp_path: Path):
    first = [gray(tmp_path / f"a{value}.png", value) for value in (0, 10, 30)]  # pairs differ by 10, 30, 20
    second = [gray(tmp_path / f"b{value}.png", value) for value in (250, 200, 200)]  # by 50, 50, 0
    assert style_difference([first, second]) == pytest.approx((10 + 30 + 20 + 50 + 50 + 0) / 6)


def test_figures_are_read_from_the_evaluation(tmp_path: Path):
    styled = [[gray(tmp_path / "1.png", 0), gray(tmp_path / "2.png", 30)]]
    found = {"split": "val", "pictures": 32, "l1_encoder": 0.05, "l1_class_colors": 0.1, "l1_reduction": 0.5}
    (tmp_path / "evaluation.json").write_text(json.dumps(found))
    assert read_quality(tmp_path / "evaluation.json", styled) == GOOD


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, None),
        ({"l1_reduction": 0.25}, None),
        ({"l1_reduction": 0.24}, "L1 is only 24% under .* expected 25%"),
        ({"l1_reduction": -0.1}, "L1 is only -10%"),
        ({"styles_differ_by": 7.9}, "differ by only 7.9 of 255; expected 8"),
        ({"l1_reduction": float("nan")}, "L1"),
    ],
)
def test_what_is_not_good_enough_is_named(change: dict[str, float], complaint: str | None):
    lines = replace(GOOD, **change).shortfalls()
    if complaint is None:
        assert lines == []
    else:
        (line,) = lines
        assert re.search(complaint, line)
