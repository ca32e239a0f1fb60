"""Contenders with trivial work, run in worker processes by tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from benchmarks.task import Task, Workspace
from benchmarks.worker import Outputs, Work
from tfhd.errors import InputError


def logging(name: str, value: float) -> Callable[[Task, Workspace], Work]:
    """A contender that outputs `value` and appends its name to the file log in `workspace.original` in each run."""

    def prepare(_: Task, workspace: Workspace) -> Work:
        def run() -> Outputs:
            with open(workspace.original / "log", "a") as log:
                log.write(f"{name} ")
            return {"value": np.array([1.0, value])}

        return run

    return prepare


one, one_too, two, nan = logging("one", 1.0), logging("one_too", 1.0005), logging("two", 2.0), logging("nan", float("nan"))


def sleeping(task: Task, _: Workspace) -> Work:
    """Sleeps for `task.width` milliseconds."""
    return lambda: time.sleep(task.width / 1000) or {}


def filling(task: Task, _: Workspace) -> Work:
    """Allocates height x width mebibytes for a moment."""
    return lambda: {"filled": np.ones((task.height, task.width, 2**20), np.uint8)[0, 0, :1].copy()}


def looking(_: Task, workspace: Workspace) -> Work:
    """Outputs which GPUs it sees, and whether the folder of the weights exists."""
    devices = np.array(int(os.environ.get("CUDA_VISIBLE_DEVICES", "0")))
    return lambda: {"devices": devices, "folder": np.array(workspace.weights.parent.is_dir())}


def refusing(*_: object) -> Work:
    """Rejects the user's input."""
    raise InputError("weights.pth: too short")


def dying(*_: object) -> Work:
    """Ends its process in the second timed run."""
    runs = iter(range(3))
    return lambda: {} if next(runs, None) is not None else os._exit(7)
