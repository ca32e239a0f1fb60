"""Many clients of a server at once: how long they wait, what fails, and whether the server's memory grows."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.disturbances import abandoning, replacing
from benchmarks.machine import this_machine
from benchmarks.server import LabelMap, Map, ModelBase, Server, predict_request
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError

_FIRST_MINUTE = 60.0
_ROUNDING = 1
"""Levels by which a picture may differ, because a batch of another size is computed in another order."""
_MAP = LabelMap(128, 256)


def load(
    model_base: ModelBase,
    label_map: Map = _MAP,
    clients: int = 32,
    seconds: float = 300.0,
    malformed_every: int = 0,
    abandoned_per_minute: int = 0,
    new_versions: int = 0,
    checkout: Path | None = None,
) -> None:
    """Asks the local server with batching from many clients at once; ends with an error where an answer is not the right one.

    Args:
        model_base: folder that `tfhd export saved-model` wrote.
        label_map: the map of every picture.
        clients: number of clients, each of which asks for the next picture when it has the last.
        seconds: duration; memory is compared from the end of the first minute on, the last time when no version is being loaded.
        malformed_every: 10 makes every tenth request of a client malformed, each time in another way; 0 makes none so.
        abandoned_per_minute: further requests, for pictures 32 times as large, whose clients go away at once.
        new_versions: copies of version 1 that replace it one after the other.
        checkout: another checkout of tfhd, whose server is asked instead of this one's.
    """
    import_tensorflow_quietly()
    maps = _Maps(label_map.pixels()[None, ..., None], label_map.instances()[None, ..., None])
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "model"
        shutil.copytree(model_base / "1", base / "1")
        with Server(base, "--enable-batching", checkout=checkout, warm_up=True) as server:
            found = _Found(_alone(server, maps, clients))
            end, large = time.monotonic() + seconds, _request(_Maps(*(np.tile(each, (1, 4, 8, 1)) for each in maps)), 0)
            disturbed = abandoning(server, large, abandoned_per_minute), replacing(base, new_versions, seconds)
            with disturbed[0], disturbed[1], ThreadPoolExecutor(clients) as threads:
                asking = [threads.submit(_ask, server, found, maps, index, malformed_every, end) for index in range(clients)]
                memory = _watch(server, end)
            for each in asking:
                each.result()
            server.wait_until_settled()
            memory.append((seconds, server.resident_bytes()))
    _report(found, memory, seconds)


class _Maps(NamedTuple):
    """The maps of a request, `(1, height, width, 1)` each."""

    label: np.ndarray
    instance: np.ndarray


@dataclass
class _Found:
    """What the clients saw.

    Attributes:
        pictures: uint8 `(1, height, width, 3)`, what each client gets when it is alone.
        largest: difference of a picture from that, in levels of 255.
        latencies: seconds of the requests that were answered with a picture.
        outcomes: number of requests by kind and status code.
        wrong: the same of requests that ended with another code than they should.
    """

    pictures: list[np.ndarray]
    largest: int = 0
    latencies: list[float] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)


def _ask(server: Server, found: _Found, maps: _Maps, index: int, malformed_every: int, end: float) -> None:
    import grpc

    with server.channel() as channel:
        kinds = itertools.cycle(_malformed(maps))
        for number in itertools.count(1):
            if time.monotonic() > end:
                return
            bad = malformed_every and number % malformed_every == 0
            kind, expected, request = next(kinds) if bad else ("well-formed", "OK", _request(maps, index))
            begin, code = time.perf_counter(), "OK"
            try:
                answer = server.predict(channel, request)
                found.latencies.append(time.perf_counter() - begin)
                difference = np.abs(_picture(answer).astype(int) - found.pictures[index]).max()
                found.largest = max(found.largest, difference)
            except grpc.RpcError as error:
                code = error.code().name
            found.outcomes[kind, code] += 1
            if code != expected:
                found.wrong[kind, code] += 1


def _alone(server: Server, maps: _Maps, clients: int) -> list[np.ndarray]:
    with server.channel() as channel:
        return [_picture(server.predict(channel, _request(maps, index))) for index in range(clients)]


def _picture(answer: Any) -> np.ndarray:
    import tensorflow as tf

    return tf.make_ndarray(answer.outputs["image"])


def _request(maps: _Maps, index: int, /, signature: str = "synthesize", model: str = "default", **changed: Any) -> Any:
    absent = np.full((1, 256), -1, np.int32)
    inputs = {
        "label": maps.label,
        "instance": maps.instance,
        "seed": np.array([index], np.int32),
        "style_instance": absent,
        "style_index": absent,
        **changed,
    }
    return predict_request({name: value for name, value in inputs.items() if value is not None}, signature, model)


def _malformed(maps: _Maps) -> Iterator[tuple[str, str, Any]]:
    """Yields malformed requests: the kind of fault, the code it should get, and the request."""
    bad, label = "INVALID_ARGUMENT", maps.label
    yield "a dtype", bad, _request(maps, 0, label=label.astype(np.float32))
    yield "a label of no class", bad, _request(maps, 0, label=np.full_like(label, 254))
    yield "an input missing", bad, _request(maps, 0, label=None)
    yield "a shape", bad, _request(maps, 0, label=label[:, :-8])
    yield "an unknown signature", "FAILED_PRECONDITION", _request(maps, 0, "nothing")
    yield "an unknown model", "NOT_FOUND", _request(maps, 0, model="nothing")
    pictures = {"label_bytes": np.array([b"no PNG"], object), "instance_bytes": np.array([b""], object)}
    absent = dict.fromkeys(("label", "instance", "style_instance", "style_index"))
    yield "a damaged PNG", bad, _request(maps, 0, "serving_default", **pictures, **absent)


def _watch(server: Server, end: float) -> list[tuple[float, int]]:
    """Records, every five seconds, the seconds since the start and the server's resident bytes."""
    begin, found = time.monotonic(), []
    while time.monotonic() < end:
        found.append((time.monotonic() - begin, server.resident_bytes()))
        time.sleep(min(5.0, max(0.0, end - time.monotonic())))
    return found


def _report(found: _Found, memory: list[tuple[float, int]], seconds: float) -> None:
    if not found.latencies:
        raise InputError(f"no picture was painted: {dict(found.outcomes)}")
    p50, p99 = np.percentile(found.latencies, [50, 99])
    count = len(found.latencies)
    print(f"{count} pictures, {count / seconds:.2f} a second; waited {p50:.2f} s (median), {p99:.2f} s (99th percentile)")
    for (kind, code), times in sorted(found.outcomes.items()):
        print(f"  {kind}: {times} {code}")
    later = [resident for second, resident in memory if second >= _FIRST_MINUTE]
    if later:
        change = later[-1] / later[0] - 1
        most = max(later) / later[0] - 1
        print(
            f"resident {later[0] / 2**30:.3f} GiB after the first minute, {change:+.1%} at the end with one version loaded, "
            f"{most:+.1%} at most"
        )
    print(this_machine().description)
    print(f"the pictures are those that each client gets alone, but for {found.largest} of 255 levels")
    if found.largest > _ROUNDING:
        raise InputError("a client got another picture than it gets alone")
    if found.wrong:
        raise InputError(f"requests that did not end as they should: {dict(found.wrong)}")
