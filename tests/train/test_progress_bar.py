from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable

import pytest

from tfhd.runs.checkpoint_files import TrainingState
from tfhd.train.progress_bar import TrainingProgress
from tfhd.training import Interval, StepEvent

STEPS = 40


def event(step: int, *, report: bool = False, l1: float | None = None) -> StepEvent:
    interval = Interval({"generator_gan": 0.5, "feature_matching": 12.3456}, 2.5, 3 * 1024.0) if report else None
    return StepEvent(TrainingState("joint", 100 + step, step), {}, interval, {} if l1 is None else {"mean_l1": l1})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Makes standard output a terminal of 200 columns: called in the test, since pytest puts its own there before."""

    def make() -> Terminal:
        monkeypatch.setattr(sys, "stdout", Terminal())
        for name, value in (("TERM", "xterm"), ("COLUMNS", "200")):
            monkeypatch.setenv(name, value)
        return sys.stdout

    return make


def text_of(terminal: Terminal) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())


def test_elsewhere_than_on_a_terminal_every_report_is_one_line(capsys):
    with TrainingProgress("joint", 0, STEPS) as progress:
        progress.after_step(event(1))
        progress.after_step(event(2, report=True))
        progress.after_step(event(40, report=True, l1=0.12345))
    assert capsys.readouterr().out.splitlines() == [
        "joint 2/40  generator_gan 0.500  feature_matching 12.346  2.50 images/s  3.0 GiB",
        "joint 40/40  generator_gan 0.500  feature_matching 12.346  2.50 images/s  3.0 GiB  held-out L1 0.1235",
    ]


def test_on_a_terminal_a_bar_shows_the_step_and_the_last_report(terminal):
    screen = terminal()
    with TrainingProgress("joint", 10, STEPS) as progress:
        progress.after_step(event(11, report=True))
        progress.after_step(event(23))
    last = text_of(screen).rstrip().splitlines()[-1]
    assert last.startswith("joint ")
    assert "23/40" in last
    assert "generator_gan 0.500" in last
    assert "held-out" not in text_of(screen)


def test_on_a_terminal_validated_reports_stay_above_the_bar(terminal):
    screen = terminal()
    with TrainingProgress("joint", 0, STEPS) as progress:
        progress.after_step(event(20, report=True, l1=0.25))
        progress.after_step(event(30, report=True))
    lines = [line.strip() for line in text_of(screen).splitlines()]
    (kept,) = {line for line in lines if line.startswith("joint 20/40  ")}
    assert kept.endswith("held-out L1 0.2500")
    assert not any(line.startswith("joint 30/40  ") for line in lines)


def test_lines_are_printed_as_they_are_in_one_piece(capsys):
    line = f"step 3: [bold]{'x' * 300}[/] won"
    with TrainingProgress("joint", 0, STEPS) as progress:
        progress.print_line(line)
    assert capsys.readouterr().out == line + "\n"
