"""A process for each contender, so that memory, thread pools and libraries of one do not mix with another's."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.task import Task, Workspace
from tfhd.errors import InputError

Outputs = dict[str, np.ndarray]
Work = Callable[[], Outputs]
"""Does a piece of work once; returns, when it is really done, outputs to check it by."""


class WorkerFailedError(RuntimeError):
    """A contender's process ended unexpectedly; it has printed its own messages before."""


class Contender(NamedTuple):
    """One side of a comparison.

    Attributes:
        name: name in tables.
        work: `module:function`, where the function takes task and workspace and returns a `Work`. The module is imported
            only in the contender's process, so it may import TensorFlow or PyTorch.
    """

    name: str
    work: str


class Worker:
    """A contender's process, which works on request and sleeps in between. Use it in a `with` statement.

    Args:
        contender: the contender to run.
        task: its task.
        workspace: folders that it uses.
    """

    def __init__(self, contender: Contender, task: Task, workspace: Workspace) -> None:
        self._name = contender.name
        # Forked, a child would inherit threads and memory.
        context = multiprocessing.get_context("spawn")
        self._connection, child_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(child_end, contender.work, task, workspace), daemon=True)
        self.process.start()
        child_end.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._connection.close()  # ends the child as soon as it waits for a request
        if error is None:
            self.process.join(10)
        self.process.kill()

    def first_outputs(self) -> Outputs:
        """Returns the outputs of the first run, after set-up and a second untimed run. Call it once, before anything else.

        Raises:
            InputError: the contender cannot be set up with the user's input.
            WorkerFailedError: its process ended.
        """
        return self._receive()

    def turn(self, least: float) -> float:
        """Runs at least once and for at least `least` seconds; returns the mean seconds of a run."""
        return self._ask("turn", least)

    def peak_bytes(self) -> int:
        """Returns the peak resident memory of the process so far."""
        return self._ask("peak_bytes")

    def _ask(self, *request):
        try:
            self._connection.send(request)
        except OSError:
            raise self._failed() from None
        return self._receive()

    def _receive(self):
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise self._failed() from None
        if isinstance(answer, InputError):
            raise answer
        return answer

    def _failed(self) -> WorkerFailedError:
        self.process.join(10)
        return WorkerFailedError(f"{self._name} ended with exit code {self.process.exitcode}; its own messages are above")


def _serve(connection: Connection, work: str, task: Task, workspace: Workspace) -> None:
    """Runs in the child: sends the first outputs, then answers requests until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this process
    if task.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    module, function = work.split(":")
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # the original prints its networks
        try:
            run = getattr(importlib.import_module(module), function)(task, workspace)
        except InputError as error:
            connection.send(error)
            return
        outputs = run()
        run()  # some things are compiled or allocated only in the second run
        connection.send(outputs)
        with contextlib.suppress(EOFError):
            while True:
                connection.send(_answer(run, *connection.recv()))


def _answer(run: Work, request: str, least: float = 0) -> float | int:
    if request == "peak_bytes":
        return _peak_bytes()
    started, seconds, runs = time.perf_counter(), 0.0, 0
    while not runs or seconds < least:
        run()
        runs += 1
        seconds = time.perf_counter() - started
    return seconds / runs


def _peak_bytes() -> int:
    if sys.platform == "linux":  # where the peak reported by `getrusage` starts from the parent's
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
