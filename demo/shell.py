"""Runs the project's command lines as a user would, and keeps what was run."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text


class CommandFailed(RuntimeError):
    """A command ended with an error; the message is one line, the command's own messages stand above it."""


@dataclass(frozen=True)
class Step:
    """A command that succeeded."""

    line: str
    """What to type to run it again."""
    seconds: float


class Shell:
    """Runs commands with this Python.

    Args:
        console: gets each command before it runs and the duration after.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.steps: list[Step] = []

    def run(self, *arguments: str | Path) -> None:
        """Runs `python ARGUMENTS`; what it prints, a progress bar for instance, is shown as it comes.

        Args:
            arguments: such as "-m", "train", "fit".

        Raises:
            CommandFailed: its exit code is not 0.
        """
        self.steps.append(self._step(arguments, quiet=False))
        self._dim(duration(self.steps[-1].seconds))

    def run_all(self, commands: Sequence[Sequence[str | Path]]) -> None:
        """Runs many short commands, two at a time: most of their time goes into one processor importing TensorFlow.

        What they print is shown only where one fails.

        Args:
            commands: the arguments of each; none needs what another writes.

        Raises:
            CommandFailed: the exit code of one is not 0; those that have not begun are left out.
        """
        started = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(self._step, arguments, quiet=True) for arguments in commands]
            try:
                self.steps += [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        self._dim(f"{duration(time.monotonic() - started)} for {len(commands)} commands")

    def _step(self, arguments: Sequence[str | Path], quiet: bool) -> Step:
        words = [str(argument) for argument in arguments]
        line = shlex.join([python(), *words])
        self.console.print(Text(f"$ {line}", style="bold"), soft_wrap=True)
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, *words],
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            if done.stdout:
                self.console.print(Text(done.stdout.rstrip()), soft_wrap=True)
            raise CommandFailed(f"`{line}` {_ending(done.returncode)}; its own message is above")
        return Step(line, time.monotonic() - started)

    def _dim(self, text: str) -> None:
        self.console.print(Text(f"  {text}", style="dim"))


def python() -> str:
    """This interpreter as one types it: by its path from here where it lies below, as .venv/bin/python does."""
    # Not resolved: .venv/bin/python is a link to an interpreter that knows nothing of the environment.
    path = os.path.relpath(sys.executable)
    return "python" if path.startswith(os.pardir) else path


def duration(seconds: float) -> str:
    """Such as "4.1 s" or "5 min 3 s"."""
    if seconds < 59.95:  # from there on, one decimal would show 60.0 s
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _ending(code: int) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
