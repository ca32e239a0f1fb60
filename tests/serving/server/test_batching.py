from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from tfhd.serving.in_process.session import Call
from tfhd.serving.server.batching import BatchingOptions, Scheduler
from tfhd_client import Code, ServingError

MAX_PIXELS = 100
JOINED = BatchingOptions(max_batch_size=4, timeout=0.2)


class Doubling:
    """Answers twice what it is given, and tells the sizes of the batches that it got."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def run(self, call: Call, timeout: float | None) -> dict[str, np.ndarray]:
        self.may_go.wait()
        value = call.inputs["value"]
        self.batches.append(len(value))
        if (value < 0).any():
            raise ServingError(Code.INVALID_ARGUMENT, "negative")
        return {"doubled": value * 2}


def call_of(*rows: list[float], **defaults: np.ndarray) -> Call:
    return Call("double", {"value": np.array(rows), **defaults}, ("doubled",), frozenset(defaults))


@pytest.fixture
def scheduler() -> Scheduler:
    scheduler = Scheduler(1, MAX_PIXELS)
    yield scheduler
    scheduler.close()


def ask_together(scheduler: Scheduler, model: Doubling, calls: list[Call], options: BatchingOptions = JOINED) -> list:
    def ask(call: Call) -> np.ndarray | Code:
        try:
            return scheduler.run(model, call, options, math.inf)["doubled"]
        except ServingError as error:
            return error.code

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(ask, calls))


def test_requests_of_one_shape_are_computed_together_and_each_gets_its_own(scheduler: Scheduler) -> None:
    model = Doubling()
    answers = ask_together(scheduler, model, [call_of([number]) for number in range(4)])
    assert [answer.tolist() for answer in answers] == [[[0]], [[2]], [[4]], [[6]]]
    assert model.batches == [4]


def test_requests_of_other_shapes_are_not_joined(scheduler: Scheduler) -> None:
    model = Doubling()
    answers = ask_together(scheduler, model, [call_of([1]), call_of([1, 2])])
    assert [answer.tolist() for answer in answers] == [[[2]], [[2, 4]]]
    assert model.batches == [1, 1]


def test_only_the_request_at_fault_fails(scheduler: Scheduler) -> None:
    model = Doubling()
    answers = ask_together(scheduler, model, [call_of([1]), call_of([-1]), call_of([2]), call_of([3])])
    assert answers[1] is Code.INVALID_ARGUMENT
    assert [answers[index].tolist() for index in (0, 2, 3)] == [[[2]], [[4]], [[6]]]
    assert sorted(model.batches) == [1, 1, 1, 1, 4]


def test_a_batch_is_filled_up_to_an_allowed_size(scheduler: Scheduler) -> None:
    model = Doubling()
    options = BatchingOptions(max_batch_size=4, timeout=0.2, allowed_batch_sizes=(2, 4))
    answers = ask_together(scheduler, model, [call_of([1]), call_of([2]), call_of([3])], options)
    assert [answer.tolist() for answer in answers] == [[[2]], [[4]], [[6]]]
    assert model.batches == [4]


def test_a_default_stands_for_every_sample(scheduler: Scheduler) -> None:
    call = call_of([1], [2], other=np.zeros((1, 3)))
    assert scheduler.run(Doubling(), call, JOINED, math.inf)["doubled"].tolist() == [[2], [4]]


@pytest.mark.parametrize("call", [replace(call_of([1], [2], other=np.zeros((1, 1))), defaults=frozenset()), call_of(*[[1]] * 5)])
def test_numbers_of_samples_that_do_not_fit_are_refused(scheduler: Scheduler, call: Call) -> None:
    with pytest.raises(ServingError, match="samples") as error:
        scheduler.run(Doubling(), call, JOINED, math.inf)
    assert error.value.code is Code.INVALID_ARGUMENT


def test_a_request_without_samples_is_refused_where_requests_are_joined(scheduler: Scheduler) -> None:
    empty = Call("double", {"value": np.zeros((0, 1))}, ("doubled",), frozenset())
    with pytest.raises(ServingError, match="no sample") as error:
        scheduler.run(Doubling(), empty, JOINED, math.inf)
    assert error.value.code is Code.INVALID_ARGUMENT


def test_a_request_without_samples_that_is_computed_alone_is_the_models_to_judge(scheduler: Scheduler) -> None:
    empty = Call("double", {"value": np.zeros((0, 1))}, ("doubled",), frozenset())
    assert scheduler.run(Doubling(), empty, BatchingOptions(), math.inf)["doubled"].shape == (0, 1)


def test_a_request_of_very_many_samples_is_refused_without_batching_too(scheduler: Scheduler) -> None:
    with pytest.raises(ServingError, match="2000 samples in a request; this server takes 1024"):
        scheduler.run(Doubling(), call_of(*[[1]] * 2000), BatchingOptions(), math.inf)


def pictures(*shape: int) -> Call:
    return Call("double", {"value": np.ones(shape, np.int32)}, ("doubled",), frozenset())


def test_the_pixels_of_all_pictures_of_a_request_are_bounded(scheduler: Scheduler) -> None:
    model = Doubling()
    assert scheduler.run(model, pictures(2, 5, 10, 1), JOINED, math.inf)["doubled"].shape == (2, 5, 10, 1)
    for call in (pictures(2, 5, 11, 1), pictures(1, 10, 11, 3)):
        with pytest.raises(ServingError, match=r"110 pixels; this server takes 100 \(--max-pixels\)") as error:
            scheduler.run(model, call, JOINED, math.inf)
        assert error.value.code is Code.INVALID_ARGUMENT


def test_pictures_are_joined_while_their_pixels_are_within_the_bound(scheduler: Scheduler) -> None:
    model = Doubling()
    ask_together(scheduler, model, [pictures(1, 5, 10, 1) for _ in range(4)])
    assert model.batches == [2, 2]


def test_without_batching_each_request_is_computed_alone(scheduler: Scheduler) -> None:
    model = Doubling()
    ask_together(scheduler, model, [call_of([1])] * 3, BatchingOptions())
    assert model.batches == [1, 1, 1]


def test_a_request_whose_deadline_passes_while_it_waits_is_not_computed(scheduler: Scheduler) -> None:
    model = Doubling()
    model.may_go.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(scheduler.run, model, call_of([1]), BatchingOptions(), math.inf)
        time.sleep(0.1)
        with pytest.raises(ServingError) as error:
            scheduler.run(model, call_of([2]), BatchingOptions(), time.monotonic() + 0.1)
        model.may_go.set()
        assert first.result()["doubled"].tolist() == [[2]]
    assert error.value.code is Code.DEADLINE_EXCEEDED
    assert model.batches == [1]


def test_a_request_whose_client_has_gone_is_not_computed(scheduler: Scheduler) -> None:
    model, here = Doubling(), threading.Event()
    model.may_go.clear()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(scheduler.run, model, call_of([1]), BatchingOptions(), math.inf)
        time.sleep(0.1)
        gone = threads.submit(scheduler.run, model, call_of([2]), BatchingOptions(), math.inf, here.is_set)
        time.sleep(0.1)
        model.may_go.set()
        assert first.result()["doubled"].tolist() == [[2]]
        assert gone.exception().code is Code.CANCELLED
    assert model.batches == [1]


def test_more_requests_than_may_wait_are_refused(scheduler: Scheduler) -> None:
    model = Doubling()
    model.may_go.clear()
    options = BatchingOptions(max_enqueued_batches=2)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(scheduler.run, model, call_of([1]), options, math.inf) for _ in range(8)]
        while sum(each.done() for each in asked) < 5:  # one is computed, two wait
            time.sleep(0.01)
        model.may_go.set()
        errors = [each.exception() for each in asked]
    assert sorted(error.code for error in errors if error) == [Code.UNAVAILABLE] * 5


def test_a_request_of_more_samples_than_a_batch_takes_is_split_and_put_together(scheduler: Scheduler) -> None:
    options, model = replace(JOINED, max_batch_size=2, max_request_size=5), Doubling()
    call = call_of([1.0], [2.0], [3.0], [4.0], [5.0], scale=np.ones((1, 1)))
    np.testing.assert_array_equal(scheduler.run(model, call, options, math.inf)["doubled"], [[2.0], [4.0], [6.0], [8.0], [10.0]])
    assert model.batches == [2, 2, 1]
    with pytest.raises(ServingError, match="6 samples in a request; this server takes 5"):
        scheduler.run(model, call_of(*[[1.0]] * 6), options, math.inf)
    with pytest.raises(ServingError, match="negative"):
        scheduler.run(model, call_of([1.0], [2.0], [-3.0]), options, math.inf)


class Painting(Doubling):
    """Takes a while, and tells the most pixels that it computed at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.most, self._now, self._lock = 0, 0, threading.Lock()

    def run(self, call: Call, timeout: float | None) -> dict[str, np.ndarray]:
        size = call.inputs["value"].size
        with self._lock:
            self._now += size
            self.most = max(self.most, self._now)
        time.sleep(0.05)
        with self._lock:
            self._now -= size
        return super().run(call, timeout)


@pytest.mark.parametrize("options", [JOINED, BatchingOptions()])
def test_the_pixels_that_all_threads_paint_at_a_time_are_bounded(options: BatchingOptions) -> None:
    scheduler, model = Scheduler(3, MAX_PIXELS), Painting()
    answers = ask_together(scheduler, model, [pictures(1, size, 10, 1) for size in (6, 3, 6, 3, 6, 3, 10, 1)], options)
    scheduler.close()
    assert [answer.shape[1] for answer in answers] == [6, 3, 6, 3, 6, 3, 10, 1]
    assert model.most <= MAX_PIXELS


def test_the_pixels_that_wait_are_bounded(scheduler: Scheduler) -> None:
    model = Doubling()
    model.may_go.clear()
    with ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(scheduler.run, model, pictures(1, 10, 10, 1), BatchingOptions(), math.inf) for _ in range(12)]
        while sum(each.done() for each in asked) < 3:  # one is computed, eight wait
            time.sleep(0.01)
        model.may_go.set()
        errors = [each.exception() for each in asked]
    assert [error.code for error in errors if error] == [Code.RESOURCE_EXHAUSTED] * 3


def test_pixels_that_fill_a_batch_up_count(scheduler: Scheduler) -> None:
    options = BatchingOptions(max_batch_size=4, allowed_batch_sizes=(2, 4))
    assert scheduler.run(Doubling(), pictures(1, 5, 10, 1), options, math.inf)["doubled"].shape == (1, 5, 10, 1)
    with pytest.raises(ServingError, match="--max-pixels"):
        scheduler.run(Doubling(), pictures(1, 6, 10, 1), options, math.inf)


def test_the_numbers_of_an_input_that_is_no_picture_are_bounded(scheduler: Scheduler) -> None:
    with pytest.raises(ServingError, match="this server takes 4194304 numbers") as error:
        scheduler.run(
            Doubling(), Call("double", {"value": np.zeros((1, 2**22 + 1))}, ("doubled",), frozenset()), JOINED, math.inf
        )
    assert error.value.code is Code.INVALID_ARGUMENT
