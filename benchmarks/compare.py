"""Lets contenders do the same work by turns."""

from __future__ import annotations

import contextlib
import datetime
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.machine import this_machine
from benchmarks.results import Comparison, Series
from benchmarks.task import Surroundings, Task
from benchmarks.worker import Contender, Outputs, Worker

TURN = 1.0
"""Seconds that a turn lasts at least, so that short work is not measured with the caches that the other's turn left."""

TOLERANCE = 1e-3
"""First outputs in float32 may differ by this, relative to the larger of 1 and the value."""


class OutputsDiffer(RuntimeError):
    """The contenders did not do the same work, so their times say nothing."""


def compare(work: str, contenders: Sequence[Contender], task: Task, original: Path | None, rounds: int) -> Comparison:
    """Gives each contender a turn a round, one after the other, while the others wait.

    Args:
        work: what is done, in a few words.
        contenders: tfhd first, then the original if it takes part.
        task: what both do.
        original: checkout of the original.
        rounds: turns of each.

    Raises:
        InputError: a contender cannot be set up.
        OutputsDiffer: in float32, first outputs differ by more than `TOLERANCE`.
        WorkerFailed: a contender's process ended.
    """
    with contextlib.ExitStack() as stack:
        surroundings = Surroundings(Path(stack.enter_context(tempfile.TemporaryDirectory())), original)
        workers, outputs = [], []
        for contender in reversed(contenders):  # the original writes the weights that tfhd reads
            workers.insert(0, stack.enter_context(Worker(contender, task, surroundings)))
            outputs.insert(0, workers[0].first_outputs())
        difference = largest_difference(*outputs) if len(outputs) > 1 else None
        if difference is not None and task.precision == "float32" and not difference <= TOLERANCE:
            names = " and ".join(contender.name for contender in contenders)
            raise OutputsDiffer(f"{work}: first outputs of {names} differ by {difference:.2g}, more than {TOLERANCE:g}")
        by_turns = [[worker.turn(TURN) for worker in workers] for _ in range(rounds)]
        series = [
            Series(contender.name, list(seconds), worker.peak_bytes())
            for contender, seconds, worker in zip(contenders, zip(*by_turns, strict=True), workers, strict=True)
        ]
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    return Comparison(work, task, series, difference, command, datetime.date.today().isoformat(), this_machine())


def largest_difference(ours: Outputs, theirs: Outputs) -> float:
    """Largest difference of outputs of the same names and shapes, relative to the larger of 1 and the value; NaN stays NaN."""
    shapes, their_shapes = ({name: np.shape(array) for name, array in outputs.items()} for outputs in (ours, theirs))
    if shapes != their_shapes:
        return float("inf")
    return float(np.max([np.max(np.abs(ours[name] - theirs[name]) / np.maximum(1, np.abs(theirs[name]))) for name in ours]))
