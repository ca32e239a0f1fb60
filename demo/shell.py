"""Runs the project's command lines as a user would, and records them."""

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
    """A command ended with an error. The message is one line; the command has printed its own messages before."""


@dataclass(frozen=True)
class Step:
    """A command that succeeded."""

    line: str
    """The command line as one would type it."""
    seconds: float


class Shell:
    """Runs commands with this Python.

    Args:
        console: shows each command before it runs, and its duration afterwards.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.steps: list[Step] = []

    def run(self, *arguments: str | Path) -> None:
        """Runs `python ARGUMENTS` and shows its output as it comes, progress bars included.

        Args:
            arguments: such as "-m", "train", "fit".

        Raises:
            CommandFailed: its exit code is not 0.
        """
        self.steps.append(self._step(arguments, quiet=False))
        self._print_dimmed(duration(self.steps[-1].seconds))

    def run_all(self, commands: Sequence[Sequence[str | Path]]) -> None:
        """Runs many short commands, two at a time, since each spends most of its time importing TensorFlow on one core.

        Their output is shown only if one fails.

        Args:
            commands: the arguments of each; no command may depend on another's output.

        Raises:
            CommandFailed: the exit code of one is not 0; commands that have not started are not run.
        """
        started = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(self._step, arguments, quiet=True) for arguments in commands]
            try:
                self.steps += [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        self._print_dimmed(f"{duration(time.monotonic() - started)} for {len(commands)} commands")

    def _step(self, arguments: Sequence[str | Path], quiet: bool) -> Step:
        words = [str(argument) for argument in arguments]
        line = shlex.join([python_command(), *words])
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

    def _print_dimmed(self, text: str) -> None:
        self.console.print(Text(f"  {text}", style="dim"))


def python_command() -> str:
    """Returns how to call this interpreter: by its relative path if it lies below the current folder, as in .venv."""
    # Not resolved: .venv/bin/python is a link to an interpreter outside the environment.
    path = os.path.relpath(sys.executable)
    return "python" if path.startswith(os.pardir) else path


def duration(seconds: float) -> str:
    """Formats a duration, such as "4.1 s" or "5 min 3 s"."""
    if seconds < 59.95:  # longer ones would be rounded to 60.0 s
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _ending(code: int) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
