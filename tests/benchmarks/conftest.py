from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.machine import Machine
from benchmarks.results import Comparison, Series
from benchmarks.task import Task


@pytest.fixture
def comparison() -> Callable[..., Comparison]:
    """Makes a comparison: `comparison(work, task, [tfhd's seconds], [the original's seconds])`."""

    def make(work: str, task: Task, *seconds: list[float], processor: str = "Abacus", command: str = "python") -> Comparison:
        series = [
            Series(name, list(each), 2**30 * (1 + i))
            for i, (name, each) in enumerate(zip(("tfhd", "original"), seconds, strict=False))
        ]
        machine = Machine(processor, 2, 24 * 2**30, "Linux", "3.11.7", {"tensorflow": "2.21.0", "keras": "3.15.1"})
        return Comparison(work, task, series, 1e-6 if len(series) > 1 else None, command, "2026-01-31", machine)

    return make
