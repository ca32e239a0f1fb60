"""The local server in a process of its own, and the requests that benchmarks send to it."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Annotated, Any

import numpy as np
import tyro

from tfhd.errors import InputError

_READY = re.compile(r"gRPC (\S+), REST http://(\S+)")
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


ModelBase = tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="MODEL_BASE")]]
"""The argument of benchmarks that names the folder of an exported model."""


@dataclass(frozen=True)
class LabelMap:
    """The label map of a request, all of one class.

    Attributes:
        height: rows of a picture.
        width: columns of a picture.
        label_id: the id of all pixels, which must belong to the model's label set.
    """

    height: int
    width: int
    label_id: int = 7

    def pixels(self) -> np.ndarray:
        """Returns the map, uint8 `(height, width)`."""
        return np.full((self.height, self.width), self.label_id, np.uint8)

    def instances(self) -> np.ndarray:
        """Returns instances that are squares of 64 pixels, uint16 `(height, width)`.

        With one instance all pixels were alike, and instance normalization would make pictures of rounding errors.
        """
        rows, columns = np.indices((self.height, self.width)) // 64
        return (1000 + rows * 100 + columns).astype(np.uint16)


Map = Annotated[LabelMap, tyro.conf.arg(name="")]
"""A label map whose fields are flags."""


def predict_request(inputs: Mapping[str, Any], signature: str = "", model: str = "default") -> Any:
    """Returns a PredictRequest of arrays by name; without a signature it asks for serving_default."""
    import tensorflow as tf
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

    request = PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


class Server:
    """`tfhd serve`, on free ports, for the duration of a with block.

    Args:
        model_base: folder of the model's versions; None where the options name models.
        options: further arguments.
        descriptors: limit of its open files; None leaves the limit of this process.
        log: file that its messages are written to; None leaves them to this process.
        checkout: a checkout of tfhd whose code runs; None takes this one.
        warm_up: run every signature when a version is loaded, which takes seconds.
        popen: starts the process, as `subprocess.Popen` does.

    Attributes:
        address: of gRPC: HOST:PORT, or unix:PATH where the options name a socket.
        rest_address: HOST:PORT of REST.

    Raises:
        InputError: the server does not start.
    """

    def __init__(
        self,
        model_base: Path | None,
        *options: str,
        descriptors: int | None = None,
        log: IO[bytes] | None = None,
        checkout: Path | None = None,
        warm_up: bool = False,
        popen: Callable[..., Any] = subprocess.Popen,
    ) -> None:
        model = [] if model_base is None else [str(model_base)]
        options = options if warm_up else ("--no-enable-model-warmup", *options)
        command = [sys.executable, "-m", "serving", "serve", *model, "--port", "0", "--rest-api-port", "0", *options]
        limit = None if descriptors is None else partial(resource.setrlimit, resource.RLIMIT_NOFILE, (descriptors, descriptors))
        environment = dict(os.environ)
        if checkout is not None:
            environment["PYTHONPATH"] = f"{checkout}:{checkout / 'serving' / 'client'}"
        self._process = popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            preexec_fn=limit,
            cwd=checkout,
            env=environment,
        )
        first = self._process.stdout.readline()
        found = _READY.search(first)
        if not found:
            self.wait()
            raise InputError(f"{' '.join(command)} did not start; see its messages above")
        self.address, self.rest_address = found.groups()

    def channel(self) -> Any:
        """Opens a new connection."""
        import grpc

        return grpc.insecure_channel(self.address, _UNLIMITED)

    def predict(self, channel: Any, request: Any) -> Any:
        """Sends a PredictRequest and waits for its answer."""
        from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

        return PredictionServiceStub(channel).Predict(request, timeout=600)

    def wait_until_settled(self) -> None:
        """Waits until of the model's versions one alone is in memory, and available."""
        from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
        from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub

        request = GetModelStatusRequest()
        request.model_spec.name = "default"
        with self.channel() as channel:
            while True:
                found = ModelServiceStub(channel).GetModelStatus(request, timeout=600).model_version_status
                states = [version.State.Name(version.state) for version in found]
                if [state for state in states if state != "END"] == ["AVAILABLE"]:
                    return
                time.sleep(0.5)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def terminate(self) -> None:
        """Asks the server to end, with the signal that hosts and containers send."""
        self._process.terminate()

    def wait(self) -> int:
        """Waits until the server has ended; returns its exit code."""
        code = self._process.wait()
        self._process.stdout.close()
        return code

    def resident_bytes(self) -> int:
        """Returns the main memory that the process uses now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self.terminate()
        code = self.wait()
        if code and kind is None:
            raise InputError(f"the server ended with {code}")
