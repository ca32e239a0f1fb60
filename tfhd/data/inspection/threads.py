"""Reading many examples at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T, S = TypeVar("T"), TypeVar("S")

# More wait for one another's turn in Python, and each holds a few decoded pictures, which adds up on machines of many cores.
_MOST_THREADS = 8
_AHEAD = 64
"""Items for each thread that are read before they are asked for: what all of a large data set hold would take memory."""


def read_in_threads(read: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Calls `read` for each item in a few threads, as decoding releases Python's lock; yields in the order of `items`."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        reading: deque[Future[T]] = deque()
        try:
            for item in items:
                reading.append(pool.submit(read, item))
                if len(reading) > _AHEAD * threads:
                    yield reading.popleft().result()
            while reading:
                yield reading.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
