"""Progress on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:  # it takes TensorFlow, for which commands that only read files do not wait
    from tfhd.training import StepEvent


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; yields what to call with the number of those done and of all."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(description), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class TrainingProgress:
    """A bar on a terminal, a line per report elsewhere.

    Args:
        stage: name of the stage.
        first_step: steps of the stage that are done.
        steps: steps of the stage.
    """

    def __init__(self, stage: str, first_step: int, steps: int) -> None:
        self._steps = steps
        self._console = Console(soft_wrap=True)
        columns = [TextColumn(stage), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
        self._bar = Progress(*columns, TextColumn("{task.description}"), console=self._console, disable=not sys.stdout.isatty())
        self._task = self._bar.add_task("", total=steps, completed=first_step)

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()

    def after_step(self, event: StepEvent) -> None:
        """Moves the bar; prints means and speed where a report is due."""
        self._bar.update(self._task, completed=event.state.stage_step)
        if event.interval is None:
            return
        text = _report(event)
        if self._bar.disable:
            self.print_line(f"{event.state.stage} {event.state.stage_step}/{self._steps}  {text}")
        else:
            self._bar.update(self._task, description=text)
            if event.validation:
                self.print_line(f"{event.state.stage} {event.state.stage_step}/{self._steps}  {text}")

    def print_line(self, text: str) -> None:
        """Prints a line above the bar."""
        self._console.print(text, highlight=False, markup=False)


def _report(event: StepEvent) -> str:
    interval = event.interval
    losses = "  ".join(f"{name} {value:.3f}" for name, value in interval.losses.items())
    held_out = f"  held-out L1 {event.validation['mean_l1']:.4f}" if event.validation else ""
    return f"{losses}  {interval.images_per_second:.2f} images/s  {interval.memory_mib / 1024:.1f} GiB{held_out}"
