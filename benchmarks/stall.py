"""Clients that keep the local server waiting, and what others notice of them: health, pictures, log and memory."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import this_machine
from benchmarks.server import LabelMap, Map, ModelBase, Server, predict_request
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError
from tfhd_client import id_png

_MAP = LabelMap(128, 256)
_CALLS_PER_CONNECTION = 10
_BEGINNING = 5.0
"""Seconds that the other clients have to begin."""
_SETTLED = 10.0
"""Seconds after which memory is compared with that at the end."""
_HALF_REQUEST = b'POST /v1/models/default:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"instances": ['


def stall(
    model_base: ModelBase,
    label_map: Map = _MAP,
    calls: int = 400,
    requests: int = 400,
    descriptors: int = 256,
    seconds: float = 60.0,
) -> None:
    """Asks the local server while other clients begin gRPC calls and REST requests and never go on; they come again when refused.

    Args:
        model_base: folder that `tfhd export saved-model` wrote.
        label_map: the map of every picture.
        calls: stalled gRPC calls, ten on a connection.
        requests: half-sent REST requests, each on a connection of its own.
        descriptors: limit of the server's open files.
        seconds: duration.
    """
    import_tensorflow_quietly()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with (
            log.open("wb") as file,
            Server(model_base, descriptors=descriptors, log=file, warm_up=True) as server,
            _stalling(server, calls, requests),
        ):
            time.sleep(_BEGINNING)
            seen, memory = _ask(server, label_map, seconds)
        _report(seen, memory, log.stat().st_size)


@dataclass
class _Seen:
    """What one client saw.

    Attributes:
        latencies: seconds of the requests that were answered.
        failures: the others, by reason.
    """

    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def ask(self, request: Callable[[], object]) -> None:
        begin = time.perf_counter()
        try:
            request()
        except Exception as error:  # whatever it is, it is reported
            code = getattr(error, "code", None)
            self.failures[code().name if callable(code) else f"{type(error).__name__}: {error}"[:80]] += 1
        else:
            self.latencies.append(time.perf_counter() - begin)


def _ask(server: Server, label_map: LabelMap, seconds: float) -> tuple[dict[str, _Seen], list[int]]:
    """Asks without a pause, each kind of request on a thread of its own and each time on a new connection."""
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    maps = {"label_bytes": label_map.pixels(), "instance_bytes": label_map.instances()}
    files = {name: np.array([id_png(pixels)], object) for name, pixels in maps.items()}
    request = predict_request({**files, "seed": np.array([-1], np.int32)})

    def health() -> None:
        with server.channel() as channel:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)

    def picture() -> None:
        with server.channel() as channel:
            server.predict(channel, request)

    def status() -> None:
        with closing(HTTPConnection(server.rest_address, timeout=5)) as connection:
            connection.request("GET", "/v1/models/default")
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                raise InputError(f"status {response.status}")
            response.read()

    kinds = {"health over gRPC": health, "status over REST": status, "a picture over gRPC": picture}
    seen = {kind: _Seen() for kind in kinds}
    begin, memory = time.monotonic(), []

    def repeat(kind: str) -> None:
        while time.monotonic() < begin + seconds:
            seen[kind].ask(kinds[kind])
            time.sleep(0.05)

    with ThreadPoolExecutor(len(kinds)) as threads:
        asking = [threads.submit(repeat, kind) for kind in kinds]
        while time.monotonic() < begin + seconds:
            time.sleep(1.0)
            if time.monotonic() > begin + min(_SETTLED, seconds / 2):
                memory.append(server.resident_bytes())
    for each in asking:
        each.result()
    return seen, memory


def _report(seen: dict[str, _Seen], memory: list[int], log: int) -> None:
    for kind, client in seen.items():
        largest = max(client.latencies, default=math.nan)
        median = np.median(client.latencies) if client.latencies else math.nan
        failed = f"; failed: {dict(client.failures)}" if client.failures else ""
        print(
            f"{kind}: {len(client.latencies)} answers, {median * 1000:.0f} ms (median), {largest * 1000:.0f} ms (longest){failed}"
        )
    settled, end, most = (size / 2**20 for size in (memory[0], memory[-1], max(memory)))
    print(f"resident {settled:.0f} MiB when settled, {end:.0f} at the end, {most:.0f} at most")
    print(f"log: {log} bytes")
    print(this_machine().description)
    if any(client.failures for client in seen.values()):
        raise InputError("requests failed, see above")


@contextmanager
def _stalling(server: Server, calls: int, requests: int) -> Iterator[None]:
    """Keeps calls and requests open in a process of their own, which does not slow the other clients down."""
    process = multiprocessing.get_context("spawn").Process(
        target=_stall, args=(server.address, server.rest_address, calls, requests), daemon=True
    )
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _stall(address: str, rest_address: str, calls: int, requests: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_stall_all(address, rest_address, calls, requests))


async def _stall_all(address: str, rest_address: str, calls: int, requests: int) -> None:
    import grpc

    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(address, options) for _ in range(math.ceil(calls / _CALLS_PER_CONNECTION))]
    await asyncio.gather(
        *(_stall_call(channels[number // _CALLS_PER_CONNECTION]) for number in range(calls)),
        *(_stall_request(rest_address) for _ in range(requests)),
    )


async def _stall_call(channel: Any) -> None:
    import grpc

    method = channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
    while True:
        try:
            await method(_nothing())
        except grpc.aio.AioRpcError:
            await asyncio.sleep(1.0)


async def _nothing() -> Any:
    await asyncio.Event().wait()
    yield b""


async def _stall_request(rest_address: str) -> None:
    host, _, port = rest_address.rpartition(":")
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(_HALF_REQUEST)
            await reader.read()
            writer.close()
        except OSError:
            pass
        await asyncio.sleep(1.0)
