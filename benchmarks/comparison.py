"""Lets contenders do the same work by turns."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.results import Comparison, Series
from benchmarks.tasks import Task
from benchmarks.worker import Contender, Outputs, Worker

TOLERANCE = 1e-3
"""First outputs of float32 may differ by this, relative to the larger of 1 and the value."""


class OutputsDiffer(RuntimeError):
    """The contenders did not do the same work, so their times say nothing."""


def compare(work: str, contenders: Sequence[Contender], task: Task, rounds: int) -> Comparison:
    """Runs each contender once a round, one after the other, while the others wait.

    Args:
        work: what is done, in a few words.
        contenders: tfhd first, then the original if it takes part.
        task: what both do; its `weights` are made here.
        rounds: timed runs of each.

    Raises:
        InputError: a contender cannot be set up.
        OutputsDiffer: in float32, first outputs differ by more than `TOLERANCE`.
        WorkerFailed: a contender's process ended.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if len(contenders) > 1:
            task = dataclasses.replace(task, weights=folder / "weights.npz")
        workers, outputs = [], []
        for contender in reversed(contenders):  # the original writes the weights that tfhd reads
            workers.insert(0, stack.enter_context(Worker(contender, task)))
            outputs.insert(0, workers[0].first_outputs())
        difference = largest_difference(*outputs) if len(outputs) > 1 else None
        if difference is not None and task.precision == "float32" and not difference <= TOLERANCE:
            names = " and ".join(contender.name for contender in contenders)
            raise OutputsDiffer(f"{work}: first outputs of {names} differ by {difference:.2g}, more than {TOLERANCE:g}")
        by_turns = [[worker.seconds(1)[0] for worker in workers] for _ in range(rounds)]
        series = [
            Series(contender.name, list(seconds), worker.peak_bytes())
            for contender, seconds, worker in zip(contenders, zip(*by_turns, strict=True), workers, strict=True)
        ]
    return Comparison(work, _settings(task), series, task.batch_size, difference)


def largest_difference(ours: Outputs, theirs: Outputs) -> float:
    """Largest difference of outputs of the same names and shapes, relative to the larger of 1 and the value."""
    if {name: array.shape for name, array in ours.items()} != {name: array.shape for name, array in theirs.items()}:
        return float("inf")
    return max(
        float(np.max(np.abs(ours[name] - theirs[name]) / np.maximum(1, np.abs(theirs[name])), initial=0)) for name in ours
    )


def _settings(task: Task) -> dict[str, str | int | bool]:
    return {name: value for name, value in dataclasses.asdict(task).items() if name not in ("weights", "original")}
