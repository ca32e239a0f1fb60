"""Ending a training in good order when the system asks for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class StopRequest:
    """Becomes true with the first SIGTERM (Slurm, Kubernetes, a shutdown) or Ctrl-C; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self._signal: int | None = None

    def __call__(self) -> bool:
        return self._signal is not None

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number; SIGTERM's where another host was asked to stop."""
        return 128 + (self._signal or signal.SIGTERM)

    def handle(self, number: int, _) -> None:
        """Takes note of a signal."""
        if self._signal == number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signal = number


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Within it SIGTERM and Ctrl-C become a request; outside the main thread, where Python takes no signals, it stays false."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
