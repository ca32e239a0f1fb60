from __future__ import annotations

from pathlib import Path

import pytest

from tfhd.train.experiment.results import Result, write_markdown


def result(row: str, seed: int, iou: float) -> Result:
    scores = {"pixel_accuracy": 0.9, "class_accuracy": 0.8, "mean_iou": iou}
    photos = {"pixel_accuracy": 1.0, "class_accuracy": 0.9, "mean_iou": 0.8}
    segmentation = {"photos": photos, "own": scores}
    return Result(row, seed, 2.0, {"segmentation": segmentation, "l1_reduction": 0.25})


@pytest.fixture
def table(tmp_path) -> str:
    found = [result("a", 0, 0.3), result("a", 1, 0.5), result("b", 0, 0.2)]
    write_markdown(tmp_path / "results.md", "Title", found, ["a", "b", "c"], "Note.")
    return Path(tmp_path / "results.md").read_text()


def test_seeds_are_averaged_with_their_deviation_and_the_ratio_to_photos(table):
    assert "| a | 2 | 0.900 ± 0.000 / 0.400 ± 0.141 (0.900 / 0.500) |  |  | 25.0% | 2.0 |" in table


def test_a_single_seed_has_no_deviation_and_rows_that_are_not_done_are_left_out(table):
    assert "| b | 1 | 0.900 / 0.200 (0.900 / 0.250) |" in table
    assert "| c |" not in table
    assert "| real photos | | 1.000 / 0.800 |" in table
