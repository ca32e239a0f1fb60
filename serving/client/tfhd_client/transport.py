"""How a client reaches a server: gRPC, blocking and with asyncio."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

# TensorFlow Serving's protocol. Its generated stubs need TensorFlow, so methods are called by name here.
import grpc

from . import messages
from .errors import Code, InputError, ServingError
from .requests import Arrays, ModelDescription

_SERVICE = "/tensorflow.serving.PredictionService/"
# gRPC's default limit is 4 MB, which a picture of 2048x1024 exceeds.
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_PEM = b"-----BEGIN CERTIFICATE-----"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_LONGEST = 7 * 24 * 3600
"""Seconds that a call may take; gRPC accepts no infinite ones."""


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


@dataclass(frozen=True)
class TLS:
    """PEM files of an encrypted connection.

    Attributes:
        ca: certificate of the authority that signed the server's.
        certificate: the client's own, where the server requires one.
        key: the private key of `certificate`.
    """

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files; raises `InputError` where one cannot be read."""
        try:
            ca, key, certificate = (path and Path(path).read_bytes() for path in (self.ca, self.key, self.certificate))
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read ({error.strerror}); name PEM files for TLS") from None
        if _PEM not in ca:
            raise InputError(f"{self.ca}: holds no certificate; name a PEM file for TLS")
        return grpc.ssl_channel_credentials(ca, key, certificate)


@dataclass(frozen=True)
class Target:
    """Which model to ask, and for how long; see `Client` for the attributes.

    Raises:
        InputError: address, version or timeout are not valid.
    """

    address: str
    model: str
    version: int | None
    tls: TLS | None
    timeout: float

    def __post_init__(self) -> None:
        host, _, port = self.address.rpartition(":")
        if not host or "/" in host or not (port.isdecimal() and 0 < int(port) < 65536):
            raise InputError(f"{self.address!r} is not a server's address; expected HOST:PORT of its gRPC interface")
        if self.version is not None and not 0 <= self.version < 2**63:
            raise InputError(f"version is {self.version}; expected a number from 0 to 2**63 - 1, or None for the newest")
        if not 0 < self.timeout <= _LONGEST:
            raise InputError(f"timeout is {self.timeout}; expected seconds above 0 and at most {_LONGEST}")


class GrpcTransport:
    """Blocking gRPC calls."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._channel = _open(grpc, target)
        self._description: ModelDescription | None = None

    def describe(self) -> ModelDescription:
        if self._description is None:
            answer = self._send("GetModelMetadata", messages.metadata_request(self._target.model, self._target.version))
            self._description = ModelDescription.of_signatures(messages.metadata_response(answer))
        return self._description

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        request = messages.predict_request(self._target.model, self._target.version, signature, inputs)
        return messages.predict_response(self._send("Predict", request))

    def close(self) -> None:
        self._channel.close()

    def _send(self, method: str, request: bytes) -> bytes:
        call = self._channel.unary_unary(_SERVICE + method)
        for left, pause in _attempts(self._target.timeout):
            try:
                return call(request, timeout=left)
            except grpc.RpcError as error:
                failure = _failure(error, self._target)
                if failure.code is not Code.UNAVAILABLE or pause is None:
                    raise failure from None
                time.sleep(pause)
        raise failure


class AsyncGrpcTransport:
    """gRPC calls to await."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._channel = _open(grpc.aio, target)
        self._description: ModelDescription | None = None

    async def describe(self) -> ModelDescription:
        if self._description is None:
            answer = await self._send("GetModelMetadata", messages.metadata_request(self._target.model, self._target.version))
            self._description = ModelDescription.of_signatures(messages.metadata_response(answer))
        return self._description

    async def call(self, signature: str, inputs: Arrays) -> Arrays:
        request = messages.predict_request(self._target.model, self._target.version, signature, inputs)
        return messages.predict_response(await self._send("Predict", request))

    async def close(self) -> None:
        await self._channel.close()

    async def _send(self, method: str, request: bytes) -> bytes:
        call = self._channel.unary_unary(_SERVICE + method)
        for left, pause in _attempts(self._target.timeout):
            try:
                return await call(request, timeout=left)
            except grpc.RpcError as error:
                failure = _failure(error, self._target)
                if failure.code is not Code.UNAVAILABLE or pause is None:
                    raise failure from None
                await asyncio.sleep(pause)
        raise failure


def _open(library: Any, target: Target) -> Any:
    if target.tls is None:
        return library.insecure_channel(target.address, _OPTIONS)
    return library.secure_channel(target.address, target.tls.credentials(), _OPTIONS)


def _attempts(timeout: float) -> Iterator[tuple[float, float | None]]:
    """Yields the seconds left for each attempt and the pause after it; None is the pause after the last one."""
    end, pause = time.monotonic() + timeout, _FIRST_PAUSE
    while (left := end - time.monotonic()) > 0:
        # Random, so that clients which were refused together do not all return together.
        chosen = pause * random.uniform(0.5, 1.5)
        yield left, chosen if chosen < left else None
        pause = min(2 * pause, _LONGEST_PAUSE)


def _failure(error: grpc.RpcError, target: Target) -> ServingError:
    code = Code(error.code().value[0])
    message = error.details() or code.name
    if code is Code.UNAVAILABLE:
        message = " ".join(message.split())
        message = f"{target.address}: not available ({message}); is a server there, with the same choice of TLS or none?"
    return ServingError(code, message)
