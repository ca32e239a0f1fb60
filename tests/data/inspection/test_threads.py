from __future__ import annotations

import threading
import time

import pytest

from tfhd.data.inspection.threads import read_in_threads


def test_results_come_in_the_order_of_the_items_however_long_each_takes() -> None:
    def read(item: int) -> int:
        time.sleep(0.01 * (item % 3))
        return item * item

    assert list(read_in_threads(read, range(30))) == [item * item for item in range(30)]
    assert list(read_in_threads(read, [])) == []


def test_little_is_read_before_it_is_asked_for() -> None:
    begun = threading.Semaphore(0)
    results = read_in_threads(lambda item: begun.release() or item, iter(range(10**9)))
    assert [next(results), next(results)] == [0, 1]
    results.close()
    count = 0
    while begun.acquire(blocking=False):
        count += 1
    assert 2 <= count < 10**4


def test_an_error_comes_when_its_item_is_asked_for_and_ends_the_rest() -> None:
    read = []
    results = read_in_threads(lambda item: read.append(item) or 1 // (item - 2), range(10**6))
    assert [next(results), next(results)] == [-1, -1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(read) < 10**4
    with pytest.raises(StopIteration):
        next(results)
