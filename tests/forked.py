"""Our programs in processes of their own, forked from one that has imported TensorFlow, which takes a new process ten seconds.

What runs is what `python -m PROGRAM` runs, with its own arguments, folder, environment, output and signals.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tests.conftest import ROOT

context = multiprocessing.get_context("forkserver")
"""Starts such processes, of functions too."""

context.set_forkserver_preload(["tests.forked_imports"])


class Forked:
    """A process that runs a Python module; what it has in common with `subprocess.Popen` is called as there.

    Args:
        command: interpreter, `-m`, the module and its arguments.
        stdout: `subprocess.PIPE`, `subprocess.DEVNULL`, a file, or None for this process's own.
        stderr: the same.
        preexec_fn: called in the process before the module runs.
        cwd: folder to run in.
        env: the whole environment.
        encoding: of what is read from the process.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        stdout: IO[Any] | int | None = None,
        stderr: IO[Any] | int | None = None,
        preexec_fn: Callable[[], None] | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        encoding: str = "utf-8",
    ) -> None:
        _, flag, module, *arguments = map(str, command)
        if flag != "-m":
            raise ValueError(f"{command}: expected a module to run")
        (self.stdout, out), (self.stderr, err) = _open(stdout, 1, encoding), _open(stderr, 2, encoding)
        where = str(cwd or Path.cwd())
        settings = (module, arguments, [out, err], where, dict(os.environ if env is None else env), preexec_fn)
        # A daemon ends with the tests that forget it.
        self._process = context.Process(target=_run_module, args=settings, daemon=True)
        self._process.start()
        out.close()
        err.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


def run(module: str, *arguments: object, cwd: Path = ROOT, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a module to its end, which is at most two minutes away; returns its exit code and output."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        process = Forked(command, stdout=stdout, stderr=stderr, cwd=cwd, **options)
        try:
            code = process.wait(120)
        finally:
            process.kill()
        for file in (stdout, stderr):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, stdout.read(), stderr.read())


def _open(target: IO[Any] | int | None, own: int, encoding: str) -> tuple[IO[str] | None, Connection]:
    """Returns what to read the output from, if anything, and the descriptor to write it to, in a form that can be passed on."""
    if target == subprocess.PIPE:
        reading, writing = os.pipe()
        return os.fdopen(reading, encoding=encoding), Connection(writing, readable=False)
    if target == subprocess.DEVNULL:
        return None, Connection(os.open(os.devnull, os.O_WRONLY), readable=False)
    return None, Connection(os.dup(own if target is None else target.fileno()), readable=False)


def _run_module(
    module: str,
    arguments: list[str],
    outputs: list[Connection],
    folder: str,
    environment: dict[str, str],
    first: Callable[[], None] | None,
) -> None:
    for number, output in enumerate(outputs, start=1):
        os.dup2(output.fileno(), number)
        output.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [module, *arguments]
    threading.Thread(target=_end_with_tests, daemon=True).start()
    if first is not None:
        first()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_tests() -> None:
    """Ends this process when that of the tests has ended, which may be killed before it ends its daemons."""
    multiprocessing.parent_process().join()
    os._exit(1)
