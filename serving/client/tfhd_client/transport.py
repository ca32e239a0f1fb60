"""How a client reaches a server: gRPC, blocking and with asyncio."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from typing import Any, Protocol

# TensorFlow Serving's protocol. Its generated stubs need TensorFlow, so methods are called by name here.
import grpc

from . import messages
from .errors import STALE_CODES, Code, InputError, ServingError
from .requests import Arrays, ModelDescription
from .target import Target

_SERVICE = "/tensorflow.serving.PredictionService/"
_OPTIONS = [
    # gRPC's default limit is 4 MB, which a picture of 2048x1024 exceeds.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # By default gRPC looks for a server that was away only every two minutes in the end.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_REACHING = 4.0
"""Seconds in which a client must reach its server for the first time, so that a wrong address shows soon. A server that was
reached once and is away, because it restarts for instance, is waited for until the call's time is over."""
_LAST_TRY = 0.5
"""Seconds of one more attempt after that, whose failure says why."""
_KNOWN = 10.0
"""Seconds for which a description of the model holds; a server may load a version that takes other inputs."""


class Transport(Protocol):
    """Where a client's requests go. With one of your own, a client needs no server: for tests, or for a model in memory."""

    def describe(self) -> ModelDescription:
        """Returns what the model takes; raises `ServingError`."""

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        """Runs a signature on the inputs and returns its outputs; raises `ServingError`."""

    def close(self) -> None:
        """Closes the connection."""


class AsyncTransport(Protocol):
    """`Transport` for `AsyncClient`, to await."""

    async def describe(self) -> ModelDescription:
        """See `Transport.describe`."""

    async def call(self, signature: str, inputs: Arrays) -> Arrays:
        """See `Transport.call`."""

    async def close(self) -> None:
        """See `Transport.close`."""


class _State:
    """What a transport knows: of the model, and of its connection."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.is_reached = self.is_closed = False
        self._description: ModelDescription | None = None
        self._version, self._since = 0, 0.0

    @property
    def description(self) -> ModelDescription | None:
        """What the model takes, None where it must be asked for."""
        return self._description if time.monotonic() - self._since < _KNOWN else None

    def learn(self, metadata: bytes) -> ModelDescription:
        """Reads the description from an answer of GetModelMetadata."""
        self._version, signatures = messages.metadata_response(metadata)
        self._description, self._since = ModelDescription.of_signatures(signatures), time.monotonic()
        return self._description

    def read(self, answer: bytes) -> Arrays:
        """Reads the arrays of an answer of Predict; the description ends where another version answered."""
        version, arrays = messages.predict_response(answer)
        if version != self._version:
            self._description = None
        return arrays

    def attempts(self, end: float) -> Iterator[tuple[float, float | None]]:
        """Yields the seconds left for each attempt and the pause after it; None is the pause after the last one."""
        pause = _FIRST_PAUSE
        while (left := end - time.monotonic()) > 0:
            if self.is_closed:
                raise InputError("the client is closed; make a new one")
            # Random, so that clients which were refused together do not all return together.
            chosen = pause * random.uniform(0.5, 1.5)
            yield left, chosen if chosen < left else None
            pause = min(2 * pause, _LONGEST_PAUSE)

    def failure(self, error: grpc.RpcError) -> ServingError:
        """Returns the error that callers get; where the request was made for another version, the description ends."""
        code = Code(error.code().value[0])
        if code in STALE_CODES:
            self._description = None
        message = error.details() or code.name
        if code is Code.DEADLINE_EXCEEDED and not self.is_reached:
            code, message = Code.UNAVAILABLE, "no connection in time"
        if code is Code.UNAVAILABLE:
            message = " ".join(message.split())
            address = self.target.address
            message = f"{address}: not available ({message}); is a server there, with the same choice of TLS or none?"
        return ServingError(code, message)


class GrpcTransport:
    """Blocking gRPC calls."""

    def __init__(self, target: Target) -> None:
        self._target, self._state = target, _State(target)
        self._channel = _open(grpc, target)

    def describe(self) -> ModelDescription:
        known = self._state.description
        return known or self._state.learn(self._send("GetModelMetadata", messages.metadata_request(self._target.spec)))

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        return self._state.read(self._send("Predict", messages.predict_request(self._target.spec, signature, inputs)))

    def close(self) -> None:
        self._state.is_closed = True
        self._channel.close()

    def _send(self, method: str, request: bytes) -> bytes:
        end = self._reach()
        call = self._channel.unary_unary(_SERVICE + method)
        failure = _too_late()
        for left, pause in self._state.attempts(end):
            try:
                return call(request, timeout=left)
            except grpc.RpcError as error:
                failure = self._state.failure(error)
                if failure.code is not Code.UNAVAILABLE or pause is None:
                    raise failure from None
                time.sleep(pause)
        raise failure

    def _reach(self) -> float:
        """Waits for the first connection; returns when a call ends, in seconds of `time.monotonic`."""
        begin, timeout = time.monotonic(), self._target.timeout
        if not self._state.is_reached and not self._state.is_closed:
            ready = grpc.channel_ready_future(self._channel)
            try:
                ready.result(min(timeout, _REACHING))
            except grpc.FutureTimeoutError:
                ready.cancel()
                return time.monotonic() + _LAST_TRY
            self._state.is_reached = True
        return begin + timeout


class AsyncGrpcTransport:
    """gRPC calls to await."""

    def __init__(self, target: Target) -> None:
        self._target, self._state = target, _State(target)
        self._channel = _open(grpc.aio, target)

    async def describe(self) -> ModelDescription:
        known = self._state.description
        return known or self._state.learn(await self._send("GetModelMetadata", messages.metadata_request(self._target.spec)))

    async def call(self, signature: str, inputs: Arrays) -> Arrays:
        return self._state.read(await self._send("Predict", messages.predict_request(self._target.spec, signature, inputs)))

    async def close(self) -> None:
        self._state.is_closed = True
        await self._channel.close()

    async def _send(self, method: str, request: bytes) -> bytes:
        end = await self._reach()
        call = self._channel.unary_unary(_SERVICE + method)
        failure = _too_late()
        for left, pause in self._state.attempts(end):
            try:
                return await call(request, timeout=left)
            except grpc.RpcError as error:
                failure = self._state.failure(error)
                if failure.code is not Code.UNAVAILABLE or pause is None:
                    raise failure from None
                await asyncio.sleep(pause)
        raise failure

    async def _reach(self) -> float:
        """See `GrpcTransport._reach`."""
        begin, timeout = time.monotonic(), self._target.timeout
        if not self._state.is_reached and not self._state.is_closed:
            try:
                await asyncio.wait_for(self._channel.channel_ready(), min(timeout, _REACHING))
            except asyncio.TimeoutError:  # in Python 3.10 no TimeoutError
                return time.monotonic() + _LAST_TRY
            self._state.is_reached = True
        return begin + timeout


def _open(library: Any, target: Target) -> Any:
    credentials = target.credentials()
    if credentials is None:
        return library.insecure_channel(target.address, _OPTIONS)
    return library.secure_channel(target.address, credentials, _OPTIONS)


def _too_late() -> ServingError:
    return ServingError(Code.DEADLINE_EXCEEDED, "the time was over before the request was sent")
