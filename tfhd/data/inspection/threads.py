"""Reading many examples at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T, S = TypeVar("T"), TypeVar("S")

# More wait for one another's turn in Python, and each holds a few decoded pictures, which adds up on machines of many cores.
_MOST_THREADS = 8


def read_in_threads(read: Callable[[S], T], items: Sequence[S]) -> Iterator[T]:
    """Calls `read` for each item in a few threads, as decoding releases Python's lock; yields in the order of `items`."""
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        try:
            yield from pool.map(read, items)
        finally:
            pool.shutdown(cancel_futures=True)
