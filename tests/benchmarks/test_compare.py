from __future__ import annotations

import datetime
from itertools import groupby

import numpy as np
import pytest

from benchmarks.compare import OutputsDifferError, compare, largest_difference
from benchmarks.task import Task
from benchmarks.worker import Contender


def contenders(*works: str) -> list[Contender]:
    return [Contender(work, f"tests.benchmarks.contenders:{work}") for work in works]


def test_contenders_run_by_turns_after_the_last_one_has_made_the_weights(tmp_path):
    comparison = compare("logging", contenders("one", "one_too"), Task(8, 16), tmp_path, rounds=3)
    log = (tmp_path / "log").read_text().split()
    assert log[:5] == ["one_too", "one_too", "one", "one", "one"]
    assert [name for name, _ in groupby(log)] == ["one_too"] + ["one", "one_too"] * 3
    assert [(series.name, len(series.seconds)) for series in comparison.series] == [("one", 3), ("one_too", 3)]
    assert all(series.peak_bytes > 2**20 for series in comparison.series)
    assert comparison.largest_difference == pytest.approx(0.0005 / 1.0005)
    assert comparison.task == Task(8, 16)
    assert comparison.date == datetime.date.today().isoformat()


def test_one_contender_alone_has_nothing_to_differ_from(tmp_path):
    comparison = compare("logging", contenders("one"), Task(8, 16), tmp_path, rounds=1)
    assert comparison.largest_difference is None
    assert comparison.ratio is None


@pytest.mark.parametrize("other", ["two", "nan"])
def test_different_outputs_are_not_timed(tmp_path, other):
    with pytest.raises(
        OutputsDifferError, match=f"^logging: first outputs of one and {other} differ by (0.5|nan), more than 0.001$"
    ):
        compare("logging", contenders("one", other), Task(8, 16), tmp_path, rounds=1)
    assert (tmp_path / "log").read_text().split() == [other, other, "one", "one"]


def test_in_low_precision_outputs_may_differ(tmp_path):
    task = Task(8, 16, precision="mixed_bfloat16")
    assert compare("logging", contenders("one", "two"), task, tmp_path, rounds=1).largest_difference == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        ({"a": np.array([1.0, 100.0])}, {"a": np.array([1.0, 101.0])}, 1 / 101),
        ({"a": np.array(0.25)}, {"a": np.float32(0.5)}, 0.25),
        ({"a": np.array(1.0), "b": np.array(2.0)}, {"a": np.array(1.0), "b": np.array(4.0)}, 0.5),
        ({"a": np.ones(2)}, {"a": np.ones(1)}, np.inf),
        ({"a": np.ones(2)}, {"b": np.ones(2)}, np.inf),
    ],
)
def test_differences_are_relative_to_large_values_and_absolute_for_small_ones(ours, theirs, difference):
    assert largest_difference(ours, theirs) == pytest.approx(difference)
