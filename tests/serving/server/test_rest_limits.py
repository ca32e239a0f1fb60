from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tfhd.serving.server import rest_limits
from tfhd.serving.server.memory import Memory, RequestLimits
from tfhd.serving.server.rest_limits import ACCEPTED, RestLimits, RestServer, reserve_json
from tfhd_client import Code, ServingError

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
MIB = 2**20


async def length(request: Request) -> JSONResponse:
    try:
        return JSONResponse(len(await request.body()))
    except ClientDisconnect:
        return JSONResponse(None)


def refuse(_: Request, error: ServingError) -> JSONResponse:
    return JSONResponse(error.code.name, 504)


app = Starlette(routes=[Route("/", length, methods=["POST"])], exception_handlers={ServingError: refuse})


@contextmanager
def serving(timeout: float = 60.0, connections: int = 10, most_reserved: int = 64 * MIB) -> Iterator[tuple[str, int]]:
    """The application above behind limits, on a free port."""
    limits = RestLimits(app, Memory(most_reserved), timeout, connections)
    server = RestServer(uvicorn.Config(limits, http=limits.protocol, lifespan="on", log_level="error", backlog=ACCEPTED))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        pass
    yield listening.getsockname()
    limits.stop()
    server.should_exit = True
    thread.join()


@contextmanager
def sent(address: tuple[str, int], text: bytes) -> Iterator[socket.socket]:
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall(text)
        yield connection


def rest_of(connection: socket.socket) -> bytes:
    """What the server still sends before it closes the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def ask(address: tuple[str, int], content: bytes = b"0123456789") -> httpx.Response:
    return httpx.post("http://{}:{}/".format(*address), content=content, timeout=20)


def test_a_body_that_does_not_come_is_answered_when_its_time_is_over() -> None:
    with serving(timeout=0.5) as address, sent(address, HEAD + b"half") as connection:
        answer = rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 504 ")
    assert answer.endswith(b'"DEADLINE_EXCEEDED"')


@pytest.mark.parametrize("text", [b"", b"POST / HTTP/1.1\r\nHos", HEAD + b"0123456789POST /"])
def test_a_head_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(rest_limits, "_HEAD", 0.5)
    with serving() as address, sent(address, text) as connection:
        rest_of(connection)  # comes to an end


def test_new_clients_take_the_place_of_those_that_are_silent() -> None:
    with serving(connections=5) as address, sent(address, HEAD) as oldest:
        others = [socket.create_connection(address) for _ in range(4)]
        assert ask(address).json() == 10
        assert rest_of(oldest) == b""
        for other in others:
            other.close()


def test_half_a_request_does_not_hold_up_a_server_that_stops() -> None:
    with serving(timeout=600) as address:
        connection = socket.create_connection(address)
        connection.sendall(HEAD + b"half")
        assert ask(address).json() == 10  # the server has read the other one too
    with closing(connection):
        assert rest_of(connection).endswith(b'"UNAVAILABLE"')


def test_bodies_are_bounded_together() -> None:
    with serving(most_reserved=MIB) as address:
        assert ask(address, b"x" * (MIB // 4)).json() == MIB // 4
        assert ask(address, b"x" * MIB).json() == "RESOURCE_EXHAUSTED"
        half = HEAD.replace(b"10", str(MIB // 2 - 100).encode()) + b"x" * (MIB // 2 - 200)
        with sent(address, half):
            codes = set()
            while "RESOURCE_EXHAUSTED" not in codes:  # until half of the memory has arrived
                codes.add(ask(address, b"x" * (MIB // 4)).json())
        assert ask(address, b"x" * (MIB // 4)).json() == MIB // 4


def test_what_json_takes_in_memory_is_reserved_before_it_is_read() -> None:
    with RequestLimits(Memory(1000), math.inf) as limits:
        reserve_json(b'{"inputs": [1, 2, 3]}', limits)
        with pytest.raises(ServingError) as error:
            reserve_json(b'{"inputs": [[1], [2], [3], [4], [5], [6]]}', limits)
        assert error.value.code is Code.RESOURCE_EXHAUSTED
    with RequestLimits(Memory(2**40), math.inf) as limits, pytest.raises(ServingError, match="lists and values") as error:
        reserve_json(b"[7]," * 600_000, limits)
    assert error.value.code is Code.INVALID_ARGUMENT
