"""Times contenders that do the same work in turns."""

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
from benchmarks.task import Task, Workspace
from benchmarks.worker import Contender, Outputs, Worker

TURN = 1.0
"""Minimum seconds of a turn, so that the caches left by the other contender's turn do not distort short work."""

TOLERANCE = 1e-3
"""Largest difference of first outputs in float32, relative to the larger of 1 and the value."""


class OutputsDifferError(RuntimeError):
    """The contenders did not do the same work, so their times cannot be compared."""


def compare(work: str, contenders: Sequence[Contender], task: Task, original: Path | None, rounds: int) -> Comparison:
    """Gives each contender one turn per round, while the others wait.

    Args:
        work: a name for the work, in a few words.
        contenders: tfhd first, then the original if it takes part.
        task: the task of all contenders.
        original: checkout of the original, if it takes part.
        rounds: turns of each contender.

    Raises:
        InputError: a contender cannot be set up.
        OutputsDifferError: first outputs in float32 differ by more than `TOLERANCE`.
        WorkerFailedError: a contender's process ended.
    """
    with contextlib.ExitStack() as stack:
        workspace = Workspace(Path(stack.enter_context(tempfile.TemporaryDirectory())), original)
        workers, outputs = [], []
        for contender in reversed(contenders):  # the original writes the weights that tfhd reads
            workers.insert(0, stack.enter_context(Worker(contender, task, workspace)))
            outputs.insert(0, workers[0].first_outputs())
        difference = largest_difference(*outputs) if len(outputs) > 1 else None
        if difference is not None and task.precision == "float32" and not difference <= TOLERANCE:
            names = " and ".join(contender.name for contender in contenders)
            raise OutputsDifferError(f"{work}: first outputs of {names} differ by {difference:.2g}, more than {TOLERANCE:g}")
        by_turns = [[worker.turn(TURN) for worker in workers] for _ in range(rounds)]
        series = [
            Series(contender.name, list(seconds), worker.peak_bytes())
            for contender, seconds, worker in zip(contenders, zip(*by_turns, strict=True), workers, strict=True)
        ]
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    return Comparison(work, task, series, difference, command, datetime.date.today().isoformat(), this_machine())


def largest_difference(ours: Outputs, theirs: Outputs) -> float:
    """Computes the largest difference of two contenders' outputs, relative to the larger of 1 and the value.

    Returns:
        Infinity if names or shapes differ, NaN if an output is NaN.
    """
    shapes, their_shapes = ({name: np.shape(array) for name, array in outputs.items()} for outputs in (ours, theirs))
    if shapes != their_shapes:
        return float("inf")
    return float(np.max([np.max(np.abs(ours[name] - theirs[name]) / np.maximum(1, np.abs(theirs[name]))) for name in ours]))
