"""Batches requests of one shape and runs them together."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import NamedTuple

from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import Call, ModelSession
from .batched_calls import call_pixels, common_shapes, joined_call, num_samples, split_answers
from .split_calls import join_answers, split_call

# After these, the requests of a batch are tried one by one: one of them may be at fault, or they were too many at once.
_TRIED_ALONE = (Code.INVALID_ARGUMENT, Code.RESOURCE_EXHAUSTED)
_MOST_NUMBERS = 2**22
"""Limit in an input that is no picture, such as a list of styles, because the graph makes more of each number."""
_WAITING = 8
"""How many times the pixels that are painted together may wait; further requests are refused."""


@dataclass(frozen=True)
class BatchingOptions:
    """How requests wait for each other; by default not at all.

    Attributes:
        max_batch_size: samples computed together; None computes each request alone, whatever its size.
        timeout: seconds that a request waits for others.
        max_enqueued_batches: number of full batches that may wait; further requests are refused.
        allowed_batch_sizes: in ascending order; a batch is filled up to the next one with copies of its last sample. Empty
            allows all.
        max_request_size: samples of a request; one of more than `max_batch_size` is split. None allows `max_batch_size`.
    """

    max_batch_size: int | None = None
    timeout: float = 0.0
    max_enqueued_batches: int = 64
    allowed_batch_sizes: tuple[int, ...] = ()
    max_request_size: int | None = None

    def filled(self, samples: int) -> int:
        """Returns how many samples are computed for so many."""
        return next((size for size in self.allowed_batch_sizes if size >= samples), samples)


@dataclass(eq=False)
class _Task:
    """A request that waits for its answer."""

    session: ModelSession
    call: Call
    options: BatchingOptions
    deadline: float
    samples: int
    pixels: int
    is_wanted: Callable[[], bool]
    since: float = field(default_factory=time.monotonic)
    answer: Future = field(default_factory=Future)

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def is_awaited(self) -> bool:
        return self.is_wanted() and not self.answer.cancelled()


class _Key(NamedTuple):
    """What all requests of a batch have in common; there is a queue for each."""

    session: int
    signature: str
    outputs: tuple[str, ...]
    shapes: tuple


class Scheduler:
    """Queues requests, and runs them in batches on threads of its own.

    Args:
        threads: number of batches computed at a time.
        max_pixels: limit for all pictures that are painted at a time, because memory grows with them.
    """

    def __init__(self, threads: int, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._changed = threading.Condition()
        self._queues: dict[_Key, deque[_Task]] = {}
        self._painted = 0
        self._closed = False
        self._threads = [threading.Thread(target=self._work, name=f"batch-{index}", daemon=True) for index in range(threads)]
        for thread in self._threads:
            thread.start()

    def run(
        self,
        session: ModelSession,
        call: Call,
        options: BatchingOptions,
        deadline: float,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Arrays:
        """Waits until the request was run, and returns its outputs.

        Args:
            session: the model; must not be closed before this returns.
            call: the request.
            options: how requests to this model are batched.
            deadline: when the client stops waiting, in seconds of `time.monotonic`; may be infinite.
            is_wanted: returns whether the client still waits; called before the request is computed.

        Raises:
            ServingError: the model's own; INVALID_ARGUMENT for too many samples or pixels; UNAVAILABLE where too many requests
                wait, and RESOURCE_EXHAUSTED where their pictures are too large; DEADLINE_EXCEEDED; CANCELLED where the client
                has gone.
        """
        tasks = [
            _Task(session, part, options, deadline, samples, self._pixels(part, samples, options), is_wanted)
            for part, samples in split_call(call, _samples(call, options), options.max_batch_size)
        ]
        if tasks[0].left <= 0:
            raise _too_late()
        answers: list[Arrays] = []
        try:
            for task in tasks:
                self._enqueue(task)
            answers += [_result(task) for task in tasks]
        finally:
            # If one is being computed, its end is waited for: the model must not be closed before.
            for task in tasks[len(answers) :]:
                if not task.answer.cancel() and task.answer.running():
                    task.answer.exception()
        return join_answers(answers)

    def close(self) -> None:
        """Ends the threads once no request waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def check_size(self, name: str, shape: Sequence[int]) -> None:
        """Raises `ServingError` where an input of a request is too large to be computed.

        Args:
            name: of the input.
            shape: of its array; four dimensions are pictures.
        """
        if len(shape) == 4:
            self.check_pixels(math.prod(shape[:3]))
        elif math.prod(shape) > _MOST_NUMBERS:
            message = f"input {name} has shape {list(shape)}; this server takes {_MOST_NUMBERS} numbers"
            raise ServingError(Code.INVALID_ARGUMENT, message)

    def check_pixels(self, pixels: int) -> None:
        """Raises `ServingError` where pictures of so many pixels are too large to be painted together."""
        if pixels > self._max_pixels:
            message = f"the request's pictures have {pixels} pixels; this server takes {self._max_pixels} (--max-pixels)"
            raise ServingError(Code.INVALID_ARGUMENT, message)

    def _pixels(self, call: Call, samples: int, options: BatchingOptions) -> int:
        for name, value in call.inputs.items():
            self.check_size(name, value.shape)
        pixels = call_pixels(call)
        self.check_pixels(pixels * options.filled(samples) // samples)
        return pixels

    def _enqueue(self, task: _Task) -> None:
        key = _Key(id(task.session), task.call.signature, task.call.outputs, common_shapes(task.call))
        bound = task.options.max_enqueued_batches * (task.options.max_batch_size or 1)
        with self._changed:
            waiting = self._queues.get(key, ())
            if self._closed or sum(each.samples for each in waiting) + task.samples > bound:
                raise ServingError(Code.UNAVAILABLE, f"{len(waiting)} requests wait already; try again later")
            pixels = sum(each.pixels for queue in self._queues.values() for each in queue if each.is_awaited)
            if pixels + task.pixels > _WAITING * self._max_pixels:
                message = f"pictures of {pixels} pixels wait already, of {_WAITING} times --max-pixels; try again later"
                raise ServingError(Code.RESOURCE_EXHAUSTED, message)
            self._queues.setdefault(key, deque()).append(task)
            self._changed.notify()

    def _work(self) -> None:
        while batch := self._next():
            try:
                _compute(batch)
            finally:
                with self._changed:
                    self._painted -= _painted_pixels(batch)
                    self._changed.notify_all()

    def _next(self) -> list[_Task]:
        """Waits for a batch that is due and returns it, the longest waiting one first; an empty one when closed."""
        with self._changed:
            while self._queues or not self._closed:
                key = min(self._queues, key=lambda each: _due(self._queues[each]), default=None)
                pause = None if key is None else _due(self._queues[key]) - time.monotonic()
                if pause is None or (pause > 0 and not self._closed):
                    self._changed.wait(pause)
                elif not self._fits([], self._queues[key][0]):
                    self._changed.wait()  # until what is painted leaves room
                elif batch := self._take(key):
                    self._painted += _painted_pixels(batch)
                    return batch
        return []

    def _take(self, key: _Key) -> list[_Task]:
        """Takes a batch from its queue, without requests that no client waits for any more."""
        queue, batch = self._queues[key], []
        while queue and self._has_room(batch, queue[0]):
            task = queue.popleft()
            if not task.is_wanted():
                task.answer.cancel()
            if task.answer.set_running_or_notify_cancel():
                batch.append(task)
        if not queue:
            del self._queues[key]
        if self._queues:
            self._changed.notify()  # other batches may be due
        return batch

    def _has_room(self, batch: list[_Task], task: _Task) -> bool:
        samples = sum(each.samples for each in batch) + task.samples
        return self._fits(batch, task) and (not batch or samples <= (task.options.max_batch_size or 1))

    def _fits(self, batch: list[_Task], task: _Task) -> bool:
        """Returns whether a task may be painted with a batch, beside what is painted already."""
        return self._painted + _painted_pixels([*batch, task]) <= self._max_pixels


def _result(task: _Task) -> Arrays:
    """Waits for the answer to a request; raises `ServingError`."""
    try:
        return task.answer.result(None if task.deadline == float("inf") else task.left)
    except CancelledError:
        raise ServingError(Code.CANCELLED, "the client has gone") from None
    except FutureTimeoutError:
        raise _too_late() from None


def _samples(call: Call, options: BatchingOptions) -> int:
    """Returns the number of samples in a request, 1 where requests are computed alone."""
    samples = num_samples(call, options.max_request_size or options.max_batch_size)
    return 1 if options.max_batch_size is None else samples


def _due(queue: deque[_Task]) -> float:
    """Returns when the queue's next batch is to be computed, in seconds of `time.monotonic`."""
    first = queue[0]
    full = sum(task.samples for task in queue) >= (first.options.max_batch_size or 1)
    return first.since if full else first.since + first.options.timeout


def _painted_pixels(batch: list[_Task]) -> int:
    """Returns the pixels of a batch, with those of the samples that fill it up."""
    samples = sum(task.samples for task in batch)
    return sum(task.pixels for task in batch) * batch[0].options.filled(samples) // samples


def _compute(batch: list[_Task]) -> None:
    """Runs a batch and sets the answer of each task."""
    calls = [task.call for task in batch]
    timeout = max(task.left for task in batch)
    try:
        if timeout <= 0:
            raise _too_late()
        timeout = None if timeout == float("inf") else timeout
        if len(batch) == 1 and batch[0].options.max_batch_size is None:
            answers = [batch[0].session.run(calls[0], timeout)]
        else:
            sizes = [task.samples for task in batch]
            joined = joined_call(calls, sizes, batch[0].options.filled(sum(sizes)))
            answers = split_answers(batch[0].session.run(joined, timeout), sizes)
    except ServingError as error:
        if len(batch) > 1 and error.code in _TRIED_ALONE:
            for task in batch:
                _compute([task])
            return
        for task in batch:
            task.answer.set_exception(error)
    except Exception as error:  # if the thread ended here, its requests would wait forever
        logging.getLogger(__name__).exception("a batch failed")
        for task in batch:
            task.answer.set_exception(ServingError(Code.INTERNAL, f"{type(error).__name__} in the server; see its log"))
    else:
        for task, answer in zip(batch, answers, strict=True):
            task.answer.set_result(answer)


def _too_late() -> ServingError:
    return ServingError(Code.DEADLINE_EXCEEDED, "the deadline passed before the picture was painted")
