"""What a client of the REST port may take: time, connections and memory."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from tfhd_client import Code, ServingError

from .memory import Memory, RequestLimits

_HEAD = 10.0
"""Seconds in which the head of a request must arrive."""
ACCEPTED = 8
"""Connections accepted at a time, for uvicorn's `backlog`."""
_WAITING = 1024
"""Connections that wait to be accepted."""
_SENDING = 30.0
"""Seconds that a client may leave an answer in the server's hands without taking any of it."""
_LOG_PAUSE = 60.0
"""Seconds between two messages that the system gives no further connection."""
_COPIES = 2
"""A body is in memory in parts and as a whole."""

_LIST, _OBJECT, _VALUE = 96, 240, 40
"""Bytes in memory of a list, an object and a value of JSON, with its place in the list around it."""
_MOST_VALUES, _MOST_NAMES = 2**20, 2**16
"""Limits in a request: of lists and values; of objects and names. While Python reads them, nothing else of the server runs."""

_log = logging.getLogger(__name__)

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


def limits_of(request: Request) -> RequestLimits:
    """Returns the limits of a request that came through `RestLimits`."""
    return request.state.limits


def reserve_json(body: bytes, limits: RequestLimits) -> None:
    """Reserves the memory that a body takes as Python's objects, before it is read.

    Raises:
        ServingError: INVALID_ARGUMENT where it has too many values; see `RequestLimits.add`.
    """
    lists, objects, values, names = (body.count(mark) for mark in (b"[", b"{", b",", b":"))
    if objects + names > _MOST_NAMES:
        raise ServingError(Code.INVALID_ARGUMENT, f"the request has more than {_MOST_NAMES} objects and names")
    if lists + values > _MOST_VALUES:
        message = f"the request has more than {_MOST_VALUES} lists and values; send pictures as PNG files, or over gRPC"
        raise ServingError(Code.INVALID_ARGUMENT, message)
    limits.add(_LIST * lists + _OBJECT * objects + _VALUE * values)


class RestLimits:
    """An ASGI application around another, and the protocol of its connections.

    A request must arrive and be answered in time: where it does not, the other application gets a `ServingError` from `receive`,
    and it finds what is left in `limits_of`. When there are too many connections, the one is closed whose client has been silent
    longest.

    Args:
        app: answers requests.
        memory: of the server.
        timeout: seconds for a request, from its head to its answer; may be infinite.
        connections: limit of open connections.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], memory: Memory, timeout: float, connections: int) -> None:
        self._app, self._memory, self._timeout = app, memory, timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self.protocol = partial(_Connection, {}, connections)

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            self._loop.set_exception_handler(_AcceptErrors())
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with RequestLimits(self._memory, time.monotonic() + self._timeout) as limits:
            scope["state"]["limits"] = limits
            body = _Body(receive, limits, self._stopping)
            try:
                await self._app(scope, body.receive, send)
            finally:
                body.close()

    def stop(self) -> None:
        """Refuses requests that have not arrived wholly, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)


class RestServer(uvicorn.Server):
    """A server that accepts a few connections at a time, and looks what they sent before it accepts more."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # asyncio accepts as many at a time as it lets wait; these shall be more.
        for each in sockets or ():
            each.listen(_WAITING)


class _Body:
    """Receives the body of a request, and then notices when its client goes.

    Args:
        receive: of the server.
        limits: of the request.
        stopping: set when the server stops.
    """

    def __init__(self, receive: _Receive, limits: RequestLimits, stopping: asyncio.Event) -> None:
        self._receive, self._limits, self._stopping = receive, limits, stopping
        self._leaving: asyncio.Task[None] | None = None

    async def receive(self) -> _Message:
        """Returns the next part of the body; raises `ServingError`, see `RequestLimits.add`."""
        if self._leaving is not None:
            await asyncio.shield(self._leaving)
            return {"type": "http.disconnect"}
        tasks = [asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._stopping.wait())]
        try:
            left = max(0.0, self._limits.deadline - time.monotonic())
            await asyncio.wait(tasks, timeout=None if left == math.inf else left, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[0].done():
                if self._stopping.is_set():
                    raise ServingError(Code.UNAVAILABLE, "the server is stopping")
                raise ServingError(Code.DEADLINE_EXCEEDED, "the request did not arrive in time (--rest-api-timeout-in-ms)")
            message = tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()
        if message["type"] == "http.disconnect":
            self._limits.abandon()
        else:
            self._limits.add(_COPIES * len(message.get("body", b"")))
            if not message.get("more_body", False):
                self._leaving = asyncio.ensure_future(self._notice_leaving())
        return message

    def close(self) -> None:
        """Ends the watch over the client."""
        if self._leaving is not None:
            self._leaving.cancel()

    async def _notice_leaving(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._limits.abandon()


class _Connection(H11Protocol):
    """A connection of uvicorn, closed where its client keeps it waiting.

    Args:
        others: all connections, and when each began to wait, in seconds of `time.monotonic`.
        most: limit of connections.
        arguments: of uvicorn's own.
    """

    def __init__(self, others: dict[_Connection, float], most: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._others, self._most = others, most
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._others[self] = time.monotonic()
        self._abort_after(_HEAD, "head")
        if len(self._others) > self._most:
            longest = min((each for each in self._others if each.waits), key=self._others.__getitem__)
            del self._others[longest]
            longest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._others.pop(self, None)
        for name in list(self._timers):
            self._forget(name)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget("head")
        elif "head" not in self._timers:
            self._abort_after(_HEAD, "head")

    def on_response_complete(self) -> None:
        self._forget("head")  # from now on uvicorn's own limit of idle connections applies
        if self in self._others:
            self._others[self] = time.monotonic()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._abort_after(_SENDING, "sending")

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget("sending")

    @property
    def waits(self) -> bool:
        """Whether the client has to send something next."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _abort_after(self, seconds: float, name: str) -> None:
        self._timers[name] = self.loop.call_later(seconds, self.transport.abort)

    def _forget(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class _AcceptErrors:
    """Logs that the system gives no further connection once a minute; asyncio would do it thousands of times."""

    def __init__(self) -> None:
        self._last = -_LOG_PAUSE

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "socket.accept()" not in context["message"]:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._last > _LOG_PAUSE:
            self._last = time.monotonic()
            _log.error("no further REST connections: %s", context["exception"])
