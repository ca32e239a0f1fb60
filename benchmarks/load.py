"""Many clients of a server at once, as its users are: how long they wait, what fails, and whether its memory grows."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from benchmarks.machine import this_machine
from benchmarks.server import Server
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError

_FIRST_MINUTE = 60.0


def load(
    model_base: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="MODEL_BASE")]],
    clients: int = 32,
    seconds: float = 300.0,
    height: int = 128,
    width: int = 256,
    malformed_every: int = 0,
    label_id: int = 7,
) -> None:
    """Asks the local server with batching from many clients at once; ends with an error where an answer is not the right one.

    Args:
        model_base: folder that `python -m export saved-model` wrote.
        clients: that ask, each for the next picture when it has the last.
        seconds: to go on for; memory is compared from the end of the first minute on.
        height: rows of a picture.
        width: columns of a picture.
        malformed_every: every so many requests of a client is wrong, each time in another way; 0: none.
        label_id: of the label maps; must belong to the model's label set.
    """
    import_tensorflow_quietly()
    label = np.full((1, height, width, 1), label_id, np.uint8)
    with Server(model_base, "--enable-batching") as server:
        found = _Found()
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(clients) as threads:
            asking = [threads.submit(_ask, server, found, label, index, malformed_every, end) for index in range(clients)]
            memory = _watch(server, end)
        for each in asking:
            each.result()
    _report(found, memory, seconds)


@dataclass
class _Found:
    """What the clients saw.

    Attributes:
        latencies: seconds of the requests that were answered with a picture.
        outcomes: how often each kind of request ended how.
        wrong: kinds of request that ended otherwise than they should.
    """

    latencies: list[float] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)


def _ask(server: Server, found: _Found, label: np.ndarray, index: int, malformed_every: int, end: float) -> None:
    import grpc

    with server.channel() as channel:
        kinds = itertools.cycle(_malformed(label))
        for number in itertools.count(1):
            if time.monotonic() > end:
                return
            bad = malformed_every and number % malformed_every == 0
            kind, expected, request = next(kinds) if bad else ("well-formed", "OK", _request(label, index))
            begin, code = time.perf_counter(), "OK"
            try:
                server.predict(channel, request)
                found.latencies.append(time.perf_counter() - begin)
            except grpc.RpcError as error:
                code = error.code().name
            found.outcomes[kind, code] += 1
            if code != expected:
                found.wrong[kind, code] += 1


def _request(label: np.ndarray, index: int, /, signature: str = "synthesize", model: str = "default", **changed: Any) -> Any:
    import tensorflow as tf
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

    request = PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    absent = np.full((1, 256), -1, np.int32)
    inputs = {
        "label": label,
        "instance": label.astype(np.uint16),
        "seed": np.array([index], np.int32),
        "style_instance": absent,
        "style_index": absent,
        **changed,
    }
    for name, value in inputs.items():
        if value is not None:
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def _malformed(label: np.ndarray) -> Iterator[tuple[str, str, Any]]:
    """Kind of fault, the code it should get, and a request with it."""
    bad = "INVALID_ARGUMENT"
    yield "a dtype", bad, _request(label, 0, label=label.astype(np.float32))
    yield "a label of no class", bad, _request(label, 0, label=np.full_like(label, 254))
    yield "an input missing", bad, _request(label, 0, label=None)
    yield "a shape", bad, _request(label, 0, label=label[:, :-8])
    yield "an unknown signature", "FAILED_PRECONDITION", _request(label, 0, "nothing")
    yield "an unknown model", "NOT_FOUND", _request(label, 0, model="nothing")
    pictures = {"label_bytes": np.array([b"no PNG"], object), "instance_bytes": np.array([b""], object)}
    absent = dict.fromkeys(("label", "instance", "style_instance", "style_index"))
    yield "a damaged PNG", bad, _request(label, 0, "serving_default", **pictures, **absent)


def _watch(server: Server, end: float) -> list[tuple[float, int]]:
    """Seconds since the start, and the server's resident bytes, every five seconds."""
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
        print(f"resident {later[0] / 2**30:.3f} GiB after the first minute, {change:+.1%} at the end, {most:+.1%} at most")
    print(this_machine().description)
    if found.wrong:
        raise InputError(f"requests that did not end as they should: {dict(found.wrong)}")
