"""What a training tells those who watch it."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import tensorflow as tf

from tfhd.runs import TrainingState


@dataclass(frozen=True)
class Interval:
    """The steps since the last report.

    Attributes:
        losses: their means by name.
        images_per_second: pictures trained a second, on all replicas together, validation and writing not counted.
        memory_mib: the most memory in use so far: of the first GPU, or of the process on a CPU.
    """

    losses: Mapping[str, float]
    images_per_second: float
    memory_mib: float


@dataclass(frozen=True)
class StepEvent:
    """A training after one of its steps.

    Attributes:
        state: where it stands.
        losses: of this step, by name.
        interval: the steps since the last report, where one is due.
        validation: held-out losses and l1 by name, where they were measured after this step.
        last: whether the stage is done.
        stopping: whether the training ends here because it was asked to.
    """

    state: TrainingState
    losses: Mapping[str, float]
    interval: Interval | None = None
    validation: Mapping[str, float] = field(default_factory=dict)
    last: bool = False
    stopping: bool = False


class StepListener(Protocol):
    """Looks at every step; raises `InputError` to end the training."""

    def after_step(self, event: StepEvent) -> None:
        """Called after every step and its validation."""


class Meter:
    """Gathers the steps between reports.

    Args:
        batch_size: pictures a step, on all replicas together.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._totals: dict[str, float] = {}
        self._steps, self._seconds = 0, 0.0

    def start_step(self) -> None:
        """Starts the clock of a step, before its batch is taken."""
        self._started = time.monotonic()

    def end_step(self, losses: Mapping[str, float]) -> None:
        """Stops it and adds the step's losses."""
        self._seconds += time.monotonic() - self._started
        self._steps += 1
        for name, value in losses.items():
            self._totals[name] = self._totals.get(name, 0.0) + value

    def report(self) -> Interval:
        """The steps since the report before, of which there must be one at least."""
        losses = {name: total / self._steps for name, total in self._totals.items()}
        interval = Interval(losses, self._steps * self._batch_size / self._seconds, _memory_mib())
        self._totals, self._steps, self._seconds = {}, 0, 0.0
        return interval


def _memory_mib() -> float:
    if tf.config.list_logical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20
    unit = 1 if sys.platform == "darwin" else 2**10  # Linux counts KiB, macOS bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
