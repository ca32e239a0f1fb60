"""What a training reports to its listeners after each step."""

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
        images_per_second: pictures trained per second, on all replicas together; validation and writing do not count.
        memory_mib: peak memory so far, of the first GPU, or of the process where there is none.
    """

    losses: Mapping[str, float]
    images_per_second: float
    memory_mib: float


@dataclass(frozen=True)
class StepEvent:
    """One step of a training.

    Attributes:
        state: where the training stands after it.
        losses: of this step, by name.
        interval: the steps since the last report; None where no report is due.
        validation: held-out losses and mean_l1 by name; empty where they were not measured after this step.
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
    """Is called after every step, and may raise `InputError` to end the training."""

    def after_step(self, event: StepEvent) -> None:
        """Called after a step and its validation."""


class Meter:
    """Averages losses and measures speed over the steps between reports.

    Args:
        batch_size: pictures per step, on all replicas together.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._totals: dict[str, float] = {}
        self._steps, self._seconds = 0, 0.0

    def start_step(self) -> None:
        """Starts the clock; call it before a step takes its batch."""
        self._started = time.monotonic()

    def end_step(self, losses: Mapping[str, float]) -> None:
        """Stops the clock and adds the step's losses."""
        self._seconds += time.monotonic() - self._started
        self._steps += 1
        for name, value in losses.items():
            self._totals[name] = self._totals.get(name, 0.0) + value

    def report(self) -> Interval:
        """The steps since the last report, of which there must be at least one."""
        losses = {name: total / self._steps for name, total in self._totals.items()}
        interval = Interval(losses, self._steps * self._batch_size / self._seconds, _memory_mib())
        self._totals, self._steps, self._seconds = {}, 0, 0.0
        return interval


def _memory_mib() -> float:
    if tf.config.list_logical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20
    unit = 1 if sys.platform == "darwin" else 2**10  # Linux counts KiB, macOS bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
