"""A process for each contender, so that memory, thread pools and libraries of one do not mix with another's."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy as np

from benchmarks.tasks import Task
from tfhd.errors import InputError

Outputs = dict[str, np.ndarray]
Work = Callable[[], Outputs]
"""Does a piece of work once and returns, when it is really done, what shows that it was done right."""


class WorkerFailed(RuntimeError):
    """A contender's process ended by itself; its own messages stand above."""


class Contender(NamedTuple):
    """One side of a comparison.

    Attributes:
        name: for tables.
        work: `module:function`; the function takes the task and returns a `Work`. The module is imported in the contender's
            process alone, so it may import TensorFlow or PyTorch.
    """

    name: str
    work: str


class Worker:
    """A contender's process: it works when told to and sleeps in between. To be used in a `with` statement.

    Args:
        contender: what to run.
        task: what to do.
    """

    def __init__(self, contender: Contender, task: Task) -> None:
        self._name = contender.name
        # A forked child would inherit this process's threads; peak memory is inherited however it starts, so this one stays small.
        context = multiprocessing.get_context("spawn")
        self._connection, childs = context.Pipe()
        self._process = context.Process(target=_serve, args=(childs, contender.work, task), daemon=True)
        self._process.start()
        childs.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()  # which ends the child, if it lives
        self._process.join(10)
        self._process.kill()

    def first_outputs(self) -> Outputs:
        """What the first run returned; to be called once, before anything else. Waits for set-up and a second, untimed run.

        Raises:
            InputError: the contender cannot be set up with what the user gave.
            WorkerFailed: its process ended.
        """
        return self._receive()

    def seconds(self, count: int) -> list[float]:
        """Runs `count` times; the seconds of each."""
        return self._ask("run", count)

    def peak_bytes(self) -> int:
        """The most memory that the process has had resident so far."""
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

    def _failed(self) -> WorkerFailed:
        self._process.join(10)
        return WorkerFailed(f"{self._name} ended with exit code {self._process.exitcode}; its own messages are above")


def _serve(connection: Connection, work: str, task: Task) -> None:
    """The child's side: sends the first outputs, then answers requests until the other end closes."""
    if task.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    module, function = work.split(":")
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # the original prints its networks
        try:
            run = getattr(importlib.import_module(module), function)(task)
        except InputError as error:
            connection.send(error)
            return
        outputs = run()
        run()  # what is compiled or allocated at second sight
        connection.send(outputs)
        with contextlib.suppress(EOFError):
            while True:
                connection.send(_answer(run, *connection.recv()))


def _answer(run: Work, request: str, count: int = 0) -> list[float] | int:
    if request == "peak_bytes":
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return seconds
