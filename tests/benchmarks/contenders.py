"""Contenders with little to do, for processes of tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from benchmarks.task import Surroundings, Task
from benchmarks.worker import Outputs, Work
from tfhd.errors import InputError


def logging(name: str, value: float) -> Callable[[Task, Surroundings], Work]:
    """A contender that outputs `value` and adds its name to `original`/log with each run."""

    def prepare(_: Task, surroundings: Surroundings) -> Work:
        def run() -> Outputs:
            with open(surroundings.original / "log", "a") as log:
                log.write(f"{name} ")
            return {"value": np.array([1.0, value])}

        return run

    return prepare


one, one_too, two, nan = logging("one", 1.0), logging("one_too", 1.0005), logging("two", 2.0), logging("nan", float("nan"))


def sleeping(task: Task, _: Surroundings) -> Work:
    """Sleeps as many milliseconds as a picture is wide."""
    return lambda: time.sleep(task.width / 1000) or {}


def filling(task: Task, _: Surroundings) -> Work:
    """Fills height x width mebibytes for a event."""
    return lambda: {"filled": np.ones((task.height, task.width, 2**20), np.uint8)[0, 0, :1].copy()}


def looking(_: Task, surroundings: Surroundings) -> Work:
    """Outputs what it sees of GPUs and of the weights' folder."""
    devices = np.array(int(os.environ.get("CUDA_VISIBLE_DEVICES", "0")))
    return lambda: {"devices": devices, "folder": np.array(surroundings.weights.parent.is_dir())}


def refusing(*_: object) -> Work:
    """Finds the user's data wanting."""
    raise InputError("weights.pth: too short")


def dying(*_: object) -> Work:
    """Ends its process at the second timed run."""
    runs = iter(range(3))
    return lambda: {} if next(runs, None) is not None else os._exit(7)
