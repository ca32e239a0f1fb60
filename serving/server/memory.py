"""The server's memory: what requests may take of it together, and how it goes back to the system."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from pathlib import Path
from types import TracebackType

from tfhd_client import Code, ServingError

_SHARE = 0.8
"""Share of the machine's memory, or of the container's, that the process may use where no limit is given."""
_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_PAUSE = 5.0
"""Seconds between attempts to give memory back to the system, because each takes a while."""

# Of glibc; other C libraries give memory back by themselves.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


class Memory:
    """Bounds the memory of all requests together.

    Args:
        most_reserved: limit in bytes of what requests in flight reserve.
        most_resident: limit in bytes of what the process uses; None takes 80 % of the machine's memory, or of the container's.
    """

    def __init__(self, most_reserved: int, most_resident: int | None = None) -> None:
        self._most_reserved = most_reserved
        self._most_resident = most_resident or int(_SHARE * _machine_bytes())
        self._lock = threading.Lock()
        self._reserved = 0
        self._trimmed = -_PAUSE
        self._is_full = False

    def look(self) -> bool:
        """Returns whether the process uses more than it may, which `reserve` heeds from then on."""
        full = resident_bytes() > self._most_resident
        if full and time.monotonic() - self._trimmed > _PAUSE:
            free_unused()
            self._trimmed = time.monotonic()
            full = resident_bytes() > self._most_resident
        self._is_full = full
        return full

    def reserve(self, size: int) -> None:
        """Counts bytes as taken; raises `ServingError` with RESOURCE_EXHAUSTED where there are not as many."""
        with self._lock:
            if self._is_full:
                message = f"the server uses more than {self._most_resident >> 20} MB (--max-memory-mb); try again later"
                raise ServingError(Code.RESOURCE_EXHAUSTED, message)
            if self._reserved + size > self._most_reserved:
                taken = f"{self._reserved >> 20} of {self._most_reserved >> 20} MB are taken (--max-requests-mb)"
                message = (
                    f"the request needs {max(1, size >> 20)} MB of memory and {taken}; try again later, or send smaller ones"
                )
                raise ServingError(Code.RESOURCE_EXHAUSTED, message)
            self._reserved += size

    def release(self, size: int) -> None:
        """Gives bytes back that `reserve` counted."""
        with self._lock:
            self._reserved -= size


class RequestLimits:
    """How long the client of a request waits, and the memory that the request takes until the end of a with block.

    Args:
        memory: of the server.
        deadline: when the client stops waiting, in seconds of `time.monotonic`; may be infinite.

    Attributes:
        deadline: the same.
    """

    def __init__(self, memory: Memory, deadline: float) -> None:
        self.deadline = deadline
        self._memory, self._reserved, self._is_wanted = memory, 0, True

    def add(self, size: int) -> None:
        """Reserves bytes for the request, before they are used.

        Raises:
            ServingError: RESOURCE_EXHAUSTED where there are not as many; CANCELLED or DEADLINE_EXCEEDED where nobody waits for
                the answer any more.
        """
        if not self._is_wanted:
            raise ServingError(Code.CANCELLED, "the client has gone")
        if time.monotonic() >= self.deadline:
            raise ServingError(Code.DEADLINE_EXCEEDED, "the deadline passed before the picture was painted")
        self._memory.reserve(size)
        self._reserved += size

    def is_wanted(self) -> bool:
        """Returns whether the client still waits for the answer."""
        return self._is_wanted

    def abandon(self) -> None:
        """Records that the client has gone."""
        self._is_wanted = False

    def __enter__(self) -> RequestLimits:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self._memory.release(self._reserved)
        self._reserved = 0


def resident_bytes() -> int:
    """Returns the main memory that this process uses."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_unused() -> None:
    """Gives memory that the process has freed back to the system; the C library would keep it."""
    if _trim:
        _trim(0)


def _machine_bytes() -> int:
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(machine, int(_CONTAINER.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return machine
