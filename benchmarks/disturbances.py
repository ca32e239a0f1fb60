"""What happens to a server beside the requests that are measured: clients that go away, and new versions of the model."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.server import Server

_WAITED = 0.2
"""Seconds that a client waits before it goes away."""


@contextmanager
def abandoning(server: Server, request: Any, per_minute: int) -> Iterator[None]:
    """Sends a request again and again during the with block, and goes away before its answer.

    Args:
        server: is asked.
        request: a PredictRequest that takes a while.
        per_minute: how many; 0 sends none.
    """
    from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

    def abandon() -> None:
        with server.channel() as channel:
            call = PredictionServiceStub(channel).Predict.future(request)
            threading.Event().wait(_WAITED)
            call.cancel()

    with _repeating(abandon, 60 / per_minute - _WAITED if per_minute else None):
        yield


@contextmanager
def replacing(base: Path, count: int, seconds: float) -> Iterator[None]:
    """Adds copies of version 1 as new versions during the with block, each in place of the one before.

    Args:
        base: folder of the versions.
        count: how many; 0 adds none.
        seconds: the block's duration, over which they are spread.
    """
    numbers = iter(range(2, count + 2))

    def replace() -> None:
        if number := next(numbers, None):
            partial = base / f".{number}"
            shutil.copytree(base / "1", partial)
            partial.rename(base / str(number))

    with _repeating(replace, seconds / (count + 1) if count else None):
        yield


@contextmanager
def _repeating(action: Callable[[], None], pause: float | None) -> Iterator[None]:
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(pause):
            action()

    thread = threading.Thread(target=repeat)
    if pause is not None:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if pause is not None:
            thread.join()
