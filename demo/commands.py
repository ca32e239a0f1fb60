"""Runs the project's command lines as a user would, and keeps what was run."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
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
    """Runs commands one after another with this Python.

    Args:
        console: gets each command before it runs and its duration after.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.steps: list[Step] = []

    def run(self, *arguments: str | Path, quiet: bool = False) -> None:
        """Runs `python ARGUMENTS`.

        Args:
            arguments: such as "-m", "train", "fit".
            quiet: whether to keep what the command prints to ourselves, unless it fails.

        Raises:
            CommandFailed: it could not start, or its exit code is not 0.
        """
        words = [str(argument) for argument in arguments]
        line = shlex.join([python(), *words])
        self.console.print(Text(f"$ {line}", style="bold"), soft_wrap=True)
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, *words],
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            # A progress bar or an error shall be readable wherever the demo runs.
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            if done.stdout:
                self.console.print(Text(done.stdout.rstrip()), soft_wrap=True)
            raise CommandFailed(f"`{line}` {_ending(done.returncode)}; its own message is above")
        step = Step(line, time.monotonic() - started)
        self.steps.append(step)
        self.console.print(Text(f"  {duration(step.seconds)}", style="dim"))


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
