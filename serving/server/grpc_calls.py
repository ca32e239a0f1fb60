"""Receives gRPC calls and sends their answers, without a thread for any call whose message has not arrived.

gRPC's own handlers of calls with one message read it before the handler runs, for as long as the client likes. Here each method
is registered as one of streams, which looks the same to clients, and reads and writes its one message with limits.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError, Message

from tfhd_client import Code, ServingError

from .memory import Memory, RequestLimits
from .message_parts import packed_bytes

_RECEIVING = 60.0
"""Seconds in which a request must arrive."""
_SENDING = 120.0
"""Seconds in which a client must take its answer."""
_MOST_RECEIVED = 4096
"""Limit of requests that arrive at a time; the oldest is refused for a further one."""
_COPIES = 2
"""A request is in memory as it arrived and as a message."""
_LONGEST = 1024
"""Limit of an error message; clients cannot read long ones, and TensorFlow Serving cuts there too."""

_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Pool:
    """Threads for calls of one kind.

    Args:
        name: of the threads.
        threads: number of calls that run at a time.
        most: limit of calls that run or wait for a thread; further ones are refused.
        is_drained: whether calls are refused, and those in flight waited for, when the server stops.
    """

    def __init__(self, name: str, threads: int, most: int, *, is_drained: bool = False) -> None:
        self.executor = ThreadPoolExecutor(threads, name)
        self.most, self.is_drained = most, is_drained
        self.tasks: set[asyncio.Task] = set()


class Method(NamedTuple):
    """How calls of a method are answered.

    Attributes:
        request: class of its requests.
        answer: returns the answer to a request, or raises `ServingError`; runs on a thread of the pool.
        pool: the threads.
    """

    request: type[Message]
    answer: Callable[[Any, RequestLimits], Message]
    pool: Pool


class GrpcCalls:
    """Answers calls on the event loop that it was made on.

    Args:
        memory: of the server.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._arriving: dict[asyncio.Future[ServingError], None] = {}
        self._pools: list[Pool] = []
        self._is_stopping = False

    def handler(self, method: Method) -> grpc.RpcMethodHandler:
        """Returns the handler of a method, to be registered with the server."""
        if method.pool not in self._pools:
            self._pools.append(method.pool)

        async def serve(_: object, context: grpc.aio.ServicerContext) -> None:
            try:
                with RequestLimits(self._memory, _deadline(context)) as limits:
                    message = await self._receive(context)
                    limits.add(_COPIES * len(message))
                    await _send(context, await self._run(method, message, limits))
            except ServingError as error:
                await context.abort(_CODES[error.code], str(error)[:_LONGEST])

        return grpc.stream_stream_rpc_method_handler(serve)

    def refuse_oldest(self) -> None:
        """Refuses half of the requests that are still arriving, those that began first."""
        error = ServingError(Code.RESOURCE_EXHAUSTED, "the server has no memory left for requests that arrive slowly")
        self._refuse((len(self._arriving) + 1) // 2, error)

    async def drain(self, seconds: float) -> None:
        """Refuses from now on what is to be drained; returns when calls in flight have ended, or after `seconds`."""
        self._is_stopping = True
        self._refuse(len(self._arriving), _stopping())
        if tasks := {task for pool in self._pools if pool.is_drained for task in pool.tasks}:
            await asyncio.wait(tasks, timeout=seconds)

    def close(self) -> None:
        """Ends the threads."""
        for pool in self._pools:
            pool.executor.shutdown(wait=False, cancel_futures=True)

    async def _receive(self, context: grpc.aio.ServicerContext) -> bytes:
        if len(self._arriving) >= _MOST_RECEIVED:
            self._refuse(1, ServingError(Code.RESOURCE_EXHAUSTED, f"{_MOST_RECEIVED} requests arrive already"))
        reading, refusal = asyncio.ensure_future(context.read()), asyncio.get_running_loop().create_future()
        self._arriving[refusal] = None
        try:
            await asyncio.wait({reading, refusal}, timeout=_RECEIVING, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                message = reading.result()
            elif refusal.done():
                raise refusal.result()
            else:
                raise ServingError(Code.DEADLINE_EXCEEDED, f"the request did not arrive within {_RECEIVING:.0f} s")
        finally:
            reading.cancel()
            self._arriving.pop(refusal, None)
        if message is grpc.aio.EOF:
            raise ServingError(Code.INVALID_ARGUMENT, "the call ended without a request")
        return message

    def _refuse(self, count: int, error: ServingError) -> None:
        for refusal in list(self._arriving)[:count]:
            del self._arriving[refusal]
            refusal.set_result(error)

    async def _run(self, method: Method, message: bytes, limits: RequestLimits) -> bytes:
        pool, task = method.pool, asyncio.current_task()
        if pool.is_drained and self._is_stopping:
            raise _stopping()
        if len(pool.tasks) >= pool.most:
            raise ServingError(Code.UNAVAILABLE, f"{pool.most} requests are being answered already; try again later")
        pool.tasks.add(task)
        task.add_done_callback(pool.tasks.discard)
        job = pool.executor.submit(_answer, method, message, limits)
        answer = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            # The client has gone. What the thread does already is waited for, because it uses the request's memory.
            limits.abandon()
            if not job.cancel():
                await asyncio.wait({answer})
                answer.exception()
            raise


def _answer(method: Method, message: bytes, limits: RequestLimits) -> bytes:
    limits.add(packed_bytes(message, method.request.DESCRIPTOR))
    try:
        request = method.request.FromString(message)
    except DecodeError:
        raise ServingError(Code.INTERNAL, f"the request is no {method.request.DESCRIPTOR.name}") from None
    return method.answer(request, limits).SerializeToString()


async def _send(context: grpc.aio.ServicerContext, answer: bytes) -> None:
    try:
        await asyncio.wait_for(context.write(answer), _SENDING)
    except asyncio.TimeoutError:
        raise ServingError(Code.DEADLINE_EXCEEDED, f"the client did not take the answer within {_SENDING:.0f} s") from None


def _deadline(context: grpc.aio.ServicerContext) -> float:
    """Returns when the client stops waiting, in seconds of `time.monotonic`."""
    left = context.time_remaining()
    return math.inf if left is None else time.monotonic() + left


def _stopping() -> ServingError:
    return ServingError(Code.UNAVAILABLE, "the server is stopping")
