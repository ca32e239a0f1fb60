"""Batches requests of one shape and runs them together."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import Call, ModelSession
from .png_header import png_size

# After these, the requests of a batch are tried one by one: one of them may be at fault, or they were too many at once.
_TRIED_ALONE = (Code.INVALID_ARGUMENT, Code.RESOURCE_EXHAUSTED)
_MOST_SAMPLES = 1024
"""Limit in a request where batching sets none, because a few bytes may ask for millions of samples."""


@dataclass(frozen=True)
class BatchingOptions:
    """How requests wait for each other; by default not at all.

    Attributes:
        max_batch_size: samples computed together; None computes each request alone, whatever its size.
        timeout: seconds that a request waits for others.
        max_enqueued_batches: number of full batches that may wait; further requests are refused.
        allowed_batch_sizes: in ascending order; a batch is filled up to the next one with copies of its last sample. Empty
            allows all.
    """

    max_batch_size: int | None = None
    timeout: float = 0.0
    max_enqueued_batches: int = 64
    allowed_batch_sizes: tuple[int, ...] = ()


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
        max_pixels: limit for all pictures of a batch together, because memory grows with them.
    """

    def __init__(self, threads: int, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._changed = threading.Condition()
        self._queues: dict[_Key, deque[_Task]] = {}
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
                wait; DEADLINE_EXCEEDED; CANCELLED where the client has gone.
        """
        task = _Task(session, call, options, deadline, _samples(call, options), self._pixels(call), is_wanted)
        if task.left <= 0:
            raise _too_late()
        self._enqueue(task)
        try:
            return task.answer.result(None if deadline == float("inf") else task.left)
        except CancelledError:
            raise ServingError(Code.CANCELLED, "the client has gone") from None
        except FutureTimeoutError:
            # If it is being computed, its end is waited for: the model must not be closed before.
            if not task.answer.cancel():
                task.answer.exception()
            raise _too_late() from None

    def close(self) -> None:
        """Ends the threads once no request waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _pixels(self, call: Call) -> int:
        pixels = max(map(_pixels, call.inputs.values()), default=0)
        if pixels > self._max_pixels:
            message = f"the request's pictures have {pixels} pixels; this server takes {self._max_pixels} (--max-pixels)"
            raise ServingError(Code.INVALID_ARGUMENT, message)
        return pixels

    def _enqueue(self, task: _Task) -> None:
        key = _Key(id(task.session), task.call.signature, task.call.outputs, _shapes(task.call))
        bound = task.options.max_enqueued_batches * (task.options.max_batch_size or 1)
        with self._changed:
            waiting = self._queues.get(key, ())
            if self._closed or sum(each.samples for each in waiting) + task.samples > bound:
                raise ServingError(Code.UNAVAILABLE, f"{len(waiting)} requests wait already; try again later")
            self._queues.setdefault(key, deque()).append(task)
            self._changed.notify()

    def _work(self) -> None:
        while batch := self._next():
            _compute(batch)

    def _next(self) -> list[_Task]:
        """Waits for a batch that is due and returns it, the longest waiting one first; an empty one when closed."""
        with self._changed:
            while self._queues or not self._closed:
                key = min(self._queues, key=lambda each: _due(self._queues[each]), default=None)
                pause = None if key is None else _due(self._queues[key]) - time.monotonic()
                if pause is None or (pause > 0 and not self._closed):
                    self._changed.wait(pause)
                elif batch := self._take(key):
                    return batch
        return []

    def _take(self, key: _Key) -> list[_Task]:
        """Takes a batch from its queue, without requests that no client waits for any more."""
        queue, batch = self._queues[key], []
        while queue and (not batch or self._has_room(batch, queue[0])):
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
        pixels = sum(each.pixels for each in batch) + task.pixels
        return samples <= (task.options.max_batch_size or 1) and pixels <= self._max_pixels


def _due(queue: deque[_Task]) -> float:
    """Returns when the queue's next batch is to be computed, in seconds of `time.monotonic`."""
    first = queue[0]
    full = sum(task.samples for task in queue) >= (first.options.max_batch_size or 1)
    return first.since if full else first.since + first.options.timeout


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
            answers = _split(batch[0].session.run(_joined(batch), timeout), sizes)
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


def _samples(call: Call, options: BatchingOptions) -> int:
    """Returns the number of samples in a request, 1 where requests are computed alone."""
    sizes = {name: value.shape[0] if value.ndim else 0 for name, value in call.inputs.items() if name not in call.defaults}
    samples, most = max(sizes.values(), default=0), options.max_batch_size or _MOST_SAMPLES
    if not samples and options.max_batch_size is not None:
        raise ServingError(Code.INVALID_ARGUMENT, "the request has no sample")
    if samples > most:
        raise ServingError(Code.INVALID_ARGUMENT, f"{samples} samples in a request; this server takes {most}")
    if options.max_batch_size is None:
        return 1
    if set(sizes.values()) != {samples}:
        raise ServingError(Code.INVALID_ARGUMENT, f"the inputs' numbers of samples differ: {sizes}")
    return samples


def _pixels(value: np.ndarray) -> int:
    """Returns the pixels of all pictures in an input, by its shape or the headers of its PNG files; 0 where it has none."""
    if value.dtype == object:
        return sum(width * height for width, height in map(png_size, value.ravel()))
    return math.prod(value.shape[:3]) if value.ndim == 4 else 0


def _shapes(call: Call) -> tuple:
    """Returns what must be equal for requests to be batched: shapes without the number of samples, and sizes of PNG files."""
    found = []
    for name, value in sorted(call.inputs.items()):
        pictures = set(map(png_size, value.ravel())) if value.dtype == object else set()
        found.append((name, value.shape[1:], tuple(sorted(pictures))))
    return tuple(found)


def _joined(batch: list[_Task]) -> Call:
    """Returns one request with the samples of all, filled up to an allowed batch size."""
    first = batch[0].call
    total = sum(task.samples for task in batch)
    filled = next((size for size in batch[0].options.allowed_batch_sizes if size >= total), total)

    def joined(name: str) -> np.ndarray:
        parts = [task.call.inputs[name] for task in batch]
        rows = [
            part if len(part) == task.samples else part.repeat(task.samples, 0) for part, task in zip(parts, batch, strict=True)
        ]
        return np.concatenate(rows + [rows[-1][-1:]] * (filled - total)) if filled > len(rows[0]) else rows[0]

    return Call(first.signature, {name: joined(name) for name in first.inputs}, first.outputs, frozenset())


def _split(answers: Arrays, sizes: list[int]) -> list[Arrays]:
    """Returns the outputs of each request, by their numbers of samples; drops what filled the batch up."""
    ends = np.cumsum(sizes)
    return [
        {name: value[end - size : end] for name, value in answers.items()} for size, end in zip(sizes, ends.tolist(), strict=True)
    ]


def _too_late() -> ServingError:
    return ServingError(Code.DEADLINE_EXCEEDED, "the deadline passed before the picture was painted")
