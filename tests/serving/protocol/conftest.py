"""A server of TensorFlow Serving's protocol and a client that knows nothing of this project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from tests.forked_server import Server

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@dataclass(frozen=True)
class Asked:
    """A server's model as its users see it.

    Attributes:
        address: of gRPC.
        rest: of REST; None where it is not asked.
        model: its name.
        base: its folder as the server sees it; None where it is not known.
        label_id: an id of its label set.
        stub: of PredictionService.
        models: of ModelService.
    """

    address: str
    rest: str | None
    model: str
    base: str | None
    label_id: int
    stub: PredictionServiceStub = field(init=False)
    models: ModelServiceStub = field(init=False)

    def __post_init__(self) -> None:
        channel = grpc.insecure_channel(self.address, UNLIMITED)
        object.__setattr__(self, "stub", PredictionServiceStub(channel))
        object.__setattr__(self, "models", ModelServiceStub(channel))

    def maps(self, height: int = 64, width: int = 96, samples: int = 1) -> dict[str, np.ndarray]:
        """Every input of synthesize: a map of one class, with instances that are squares."""
        label = np.full((samples, height, width, 1), self.label_id, np.uint8)
        rows, columns = np.indices((height, width)) // 16
        instance = np.broadcast_to((rows * 100 + columns)[None, ..., None], label.shape).astype(np.uint16)
        absent = np.full((samples, 1), -1, np.int32)
        return {
            "label": label,
            "instance": instance,
            "seed": np.arange(samples, dtype=np.int32),
            "style_instance": absent,
            "style_index": absent,
        }

    def request(self, inputs: dict[str, Any], signature: str = "synthesize", **spec: Any) -> PredictRequest:
        request = PredictRequest(output_filter=spec.pop("output_filter", []))
        request.model_spec.name = spec.pop("model", self.model)
        request.model_spec.signature_name = signature
        if "version" in spec:
            request.model_spec.version.value = spec.pop("version")
        if "version_label" in spec:
            request.model_spec.version_label = spec.pop("version_label")
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        return request

    def predict(self, inputs: dict[str, Any], signature: str = "synthesize", timeout: float = 300, **spec: Any) -> dict:
        answer = self.stub.Predict(self.request(inputs, signature, **spec), timeout=timeout)
        return {name: tf.make_ndarray(tensor) for name, tensor in answer.outputs.items()}


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[Asked]:
    """The server at --address, or one of this project's own, which fails here unless it ends with exit code 0."""
    option = pytestconfig.getoption
    if option("--address"):
        place = option("--address"), option("--rest-address")
        yield Asked(*place, option("--model-name"), option("--model-base"), option("--label-id"))
        return
    base: Path = request.getfixturevalue("model_base")
    with Server(base, "--enable-batching") as started:
        yield Asked(started.address, started.rest_address, "default", str(base), 7)


@pytest.fixture(scope="session")
def rest(server: Asked) -> str:
    """Where its models are over HTTP."""
    return f"http://{server.rest}/v1/models"


@pytest.fixture(scope="session")
def base(server: Asked) -> str:
    """The model's folder as the server sees it."""
    return server.base
