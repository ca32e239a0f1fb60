from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.task import Task, Workspace
from benchmarks.worker import Contender, Worker, WorkerFailedError
from tfhd.errors import InputError


def worker(work: str, folder: Path, height: int = 1, width: int = 1) -> Worker:
    return Worker(Contender(work, f"tests.benchmarks.contenders:{work}"), Task(height, width), Workspace(folder, folder))


def test_a_worker_runs_twice_untimed_and_then_when_told(tmp_path):
    with worker("one", tmp_path) as one:
        assert one.first_outputs()["value"].tolist() == [1.0, 1.0]
        assert (tmp_path / "log").read_text().split() == ["one"] * 2
        one.turn(0)
        assert (tmp_path / "log").read_text().split() == ["one"] * 3


def test_a_turn_is_as_many_runs_as_fill_it_and_returns_the_seconds_of_one(tmp_path):
    with worker("sleeping", tmp_path, width=100) as sleeping:
        sleeping.first_outputs()
        for least in (0, 0.01, 0.35):
            started = time.monotonic()
            assert 0.1 <= sleeping.turn(least) < 5
            assert time.monotonic() - started >= max(least, 0.1)


def test_peak_memory_counts_what_was_freed(tmp_path):
    peaks = []
    for width in (1, 300):
        with worker("filling", tmp_path, width=width) as filling:
            filling.first_outputs()
            peaks.append(filling.peak_bytes())
    assert 250 * 2**20 < peaks[1] - peaks[0] < 400 * 2**20


def test_on_the_cpu_a_worker_sees_no_gpu(tmp_path):
    with worker("looking", tmp_path) as looking:
        outputs = looking.first_outputs()
    assert outputs["devices"] == -1
    assert outputs["folder"]


def test_a_users_mistake_in_the_worker_is_raised_in_the_parent(tmp_path):
    with worker("refusing", tmp_path) as refusing, pytest.raises(InputError, match=r"^weights.pth: too short$"):
        refusing.first_outputs()


def test_a_worker_that_dies_is_reported_with_its_exit_code(tmp_path):
    with worker("dying", tmp_path) as dying:
        dying.first_outputs()
        assert dying.turn(0) > 0
        with pytest.raises(WorkerFailedError, match=r"^dying ended with exit code 7; "):
            dying.turn(0)


def test_the_process_ends_with_the_block(tmp_path):
    with pytest.raises(KeyboardInterrupt), worker("sleeping", tmp_path, width=60_000) as sleeping:
        raise KeyboardInterrupt
    with worker("one", tmp_path) as one:
        one.first_outputs()
    for ended in (sleeping, one):
        ended.process.join(10)
        assert not ended.process.is_alive()
