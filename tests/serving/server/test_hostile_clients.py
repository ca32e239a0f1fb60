"""The server in a process of its own, and clients that keep it waiting, go away, or ask for more than it has."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest

from tests.forked_server import Server
from tests.serving.protocol.conftest import Asked
from tests.serving.server.test_local_server import DEPLOY, asked, wait_until
from tests.tiny_run import street
from tfhd_client import id_png

PREDICT = "/v1/models/default:predict"
MIB = 2**20


def body_of(height: int, width: int) -> bytes:
    """A request for a picture over REST."""
    label, instance = ({"b64": base64.b64encode(id_png(pixels)).decode()} for pixels in street(height, width))
    return json.dumps({"instances": [{"label_bytes": label, "instance_bytes": instance, "seed": -1}]}).encode()


def post(server: Server, body: bytes) -> httpx.Response:
    return httpx.post(f"http://{server.rest_address}{PREDICT}", content=body, timeout=120)


def sent(server: Server, body: bytes, length: int | None = None) -> socket.socket:
    """A connection over which a request was sent, or the first part of one."""
    host, _, port = server.rest_address.rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=120)
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def code_of(model: Asked, inputs: dict[str, np.ndarray], signature: str = "synthesize") -> str:
    with pytest.raises(grpc.RpcError) as error:
        model.predict(inputs, signature)
    return error.value.code().name


def test_more_silent_clients_than_descriptors_leave_room_for_others(model_base: Path, tmp_path: Path) -> None:
    log, body = tmp_path / "log", body_of(64, 96)
    with log.open("wb") as file, Server(model_base, descriptors=256, log=file) as server, ExitStack() as silent:
        for _ in range(400):
            silent.enter_context(closing(sent(server, b"{", 1000)))
        for _ in range(20):
            assert post(server, body).status_code == 200
            assert asked(server).predict(asked(server).maps())["image"].shape == (1, 64, 96, 3)
        silent.close()
        assert post(server, body).status_code == 200
    assert log.stat().st_size < 20_000


def test_half_sent_requests_do_not_hold_up_the_end(model_base: Path) -> None:
    with (
        Server(model_base, "--grace-seconds", "600", "--rest-api-timeout-in-ms", "600000") as server,
        server.channel() as channel,
    ):
        end = threading.Event()

        def nothing() -> Iterator[bytes]:
            end.wait()
            return
            yield

        stalled = channel.stream_unary("/tensorflow.serving.PredictionService/Predict").future(nothing())
        with closing(sent(server, b'{"instances": [', 1000)) as half:
            assert post(server, body_of(64, 96)).status_code == 200
            server.terminate()
            assert stalled.code() is grpc.StatusCode.UNAVAILABLE
            assert half.recv(1000).startswith(b"HTTP/1.1 503 ")
            assert server.wait() == 0
        end.set()


def test_a_request_that_takes_too_long_is_ended(model_base: Path) -> None:
    with Server(model_base, "--rest-api-timeout-in-ms", "500") as server:
        with closing(sent(server, b'{"instances": [', 1000)) as half:
            assert half.recv(1000).startswith(b"HTTP/1.1 504 ")
        assert post(server, body_of(2048, 4096)).status_code == 504


def test_pictures_that_nobody_waits_for_any_more_are_not_painted(model_base: Path) -> None:
    with Server(model_base, "--monitoring-config-file", str(DEPLOY / "monitoring.config")) as server:
        body = body_of(512, 1024)
        asking = [sent(server, body) for _ in range(16)]
        assert asking[0].recv(1000).startswith(b"HTTP/1.1 200 ")
        for each in asking:
            each.close()
        assert post(server, body_of(64, 96)).status_code == 200
        metrics = f"http://{server.rest_address}/monitoring/prometheus/metrics"
        wait_until(lambda: 'request_count{model_name="default",status="CANCELLED"}' in httpx.get(metrics).text)


def test_memory_of_requests_is_bounded_over_both_ports(model_base: Path) -> None:
    with Server(model_base, "--max-requests-mb", "8") as server:
        model = asked(server)
        assert code_of(model, model.maps(512, 1024)) == "RESOURCE_EXHAUSTED"
        refused = post(server, body_of(512, 1024))
        assert (refused.status_code, "--max-requests-mb" in refused.json()["error"]) == (429, True)
        assert model.predict(model.maps())["image"].shape == (1, 64, 96, 3)
        assert post(server, body_of(64, 96)).status_code == 200


@pytest.fixture(scope="module")
def server(model_base: Path) -> Iterator[Server]:
    with Server(model_base) as started:
        yield started


def test_a_small_file_cannot_ask_for_many_pixels(server: Server) -> None:
    small = id_png(np.full((64, 96), 7, np.uint8))
    png = np.array([small[:16] + struct.pack(">II", 30_000, 30_000) + small[24:]], object)
    inputs = {"label_bytes": png, "instance_bytes": png, "seed": np.array([-1], np.int32)}
    assert code_of(asked(server), inputs, "serving_default") == "INVALID_ARGUMENT"


VERY_MANY = {
    "lists and values": b'{"inputs": {"class_id": [' + b"[7]," * 10_000_000 + b"[7]]}}",
    "objects and names": b'{"inputs": {' + b",".join(b'"%x":1' % number for number in range(1_000_000)) + b"}}",
}


@pytest.mark.parametrize("what", VERY_MANY)
def test_very_much_json_costs_little(server: Server, what: str) -> None:
    before = server.resident_bytes()
    refused = post(server, VERY_MANY[what])
    assert (refused.status_code, what in refused.json()["error"]) == (400, True)
    assert server.resident_bytes() < before + 200 * MIB


def test_bodies_of_many_clients_are_bounded_together(model_base: Path) -> None:
    with Server(model_base, "--max-requests-mb", "64") as server, ExitStack() as clients:
        before = server.resident_bytes()
        for _ in range(16):  # 320 MB together
            with suppress(OSError):  # the server closes the connection of what it refuses
                clients.enter_context(closing(sent(server, b" " * (20 * MIB), 30 * MIB)))
        assert server.resident_bytes() < before + 150 * MIB
        clients.close()
        assert post(server, body_of(64, 96)).status_code == 200
