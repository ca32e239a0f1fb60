"""The models over gRPC: TensorFlow Serving's services, and gRPC's health service."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Coroutine
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, GetModelMetadataResponse
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from tfhd.errors import InputError
from tfhd_client import Arrays, Code, ServingError

from ..in_process.client_names import all_shown
from ..in_process.session import check_input
from .grpc_calls import GrpcCalls, Method, Pool
from .memory import Memory, RequestLimits
from .metrics import Metrics
from .prediction import Predictor, ServedVersion
from .repository import Repository
from .tensor_values import read_tensor, write_tensor

_PREDICTIONS = 240
"""Limit of predictions at a time; further ones are refused, and clients repeat them."""
_OTHERS = 4
"""Threads beside those of predictions, for status and metadata, so that probes are answered under load too."""
_MOST_OTHERS = 1024
_MOST_RELOADS = 8
_REFUSING = 0.5
"""Seconds for which new predictions are refused after the last answer, see `GrpcServer.stop`."""
_CLOSING = 1.0
"""Seconds that watchers of the health service have when the server stops."""
_LOOK = 0.25
"""Seconds between looks at the server's memory."""
_LARGEST = 256 * 2**20
"""Limit of a request in bytes: raw maps of 8192x8192 pixels."""
_STREAMS = 1024
"""Limit of calls at a time on one connection; clients hold further ones back."""
_IDLE_MS = 300_000
_HANDSHAKE_MS = 10_000

_HEALTHY = ("PredictionService", "ModelService")
"""Services that the health service knows beside the server as a whole, by TensorFlow Serving's names."""
_POINTER = 8
"""Bytes that an array needs for each string besides its content."""


class PredictionService:
    """Implements TensorFlow Serving's PredictionService.

    Args:
        predictor: runs predictions for requests.
        metrics: counts and times requests.
        tensor_content: send arrays as one block of bytes, instead of number by number as TensorFlow Serving does by default.
    """

    def __init__(self, predictor: Predictor, metrics: Metrics, *, tensor_content: bool) -> None:
        self._predictor, self._metrics, self._tensor_content = predictor, metrics, tensor_content

    def predict(self, request: PredictRequest, limits: RequestLimits) -> PredictResponse:
        """Answers Predict; raises `ServingError`."""
        spec = request.model_spec
        with self._metrics.request(spec.name, "Predict", "GRPC"):
            inputs = self._inputs(request, limits)
            version, outputs = self._predictor.predict(spec, inputs, limits, request.output_filter)
        response = PredictResponse()
        response.model_spec.name, response.model_spec.version.value = spec.name, version
        response.model_spec.signature_name = spec.signature_name or "serving_default"
        for name, value in outputs.items():
            write_tensor(response.outputs[name], value, as_content=self._tensor_content)
        return response

    def metadata(self, request: GetModelMetadataRequest, _: RequestLimits) -> GetModelMetadataResponse:
        """Answers GetModelMetadata; raises `ServingError`."""
        if set(request.metadata_field) != {"signature_def"}:
            message = f"metadata_field is {all_shown([*request.metadata_field])}; only signature_def is supported"
            raise ServingError(Code.INVALID_ARGUMENT, message)
        return self._predictor.metadata(request.model_spec)

    def _inputs(self, request: PredictRequest, limits: RequestLimits) -> Arrays:
        """Unpacks the inputs, after all of them were checked: one number may stand for as many as the shape says."""
        definition = self._predictor.signature(request.model_spec)
        for name, tensor in request.inputs.items():
            size = _checked_bytes(name, tensor, definition)
            self._predictor.check_size(name, [dim.size for dim in tensor.tensor_shape.dim])
            limits.add(size)
        return {name: _array(name, tensor) for name, tensor in request.inputs.items()}


class ModelService:
    """Implements TensorFlow Serving's ModelService.

    Args:
        repository: the models in memory.
    """

    def __init__(self, repository: Repository[ServedVersion]) -> None:
        self._repository = repository

    def status(self, request: GetModelStatusRequest, _: RequestLimits) -> GetModelStatusResponse:
        """Answers GetModelStatus; raises `ServingError`."""
        if not request.HasField("model_spec"):
            raise ServingError(Code.INVALID_ARGUMENT, "the request has no model_spec")
        return GetModelStatusResponse(model_version_status=self._repository.status(request.model_spec))

    def reload(self, request: ReloadConfigRequest, _: RequestLimits) -> ReloadConfigResponse:
        """Answers HandleReloadConfigRequest; raises `ServingError`."""
        self._repository.configure(request.config)
        return ReloadConfigResponse(status={})


class GrpcServer:
    """Serves both services and gRPC's health service, on an event loop in a thread of its own.

    Args:
        prediction: implements TensorFlow Serving's PredictionService.
        models: implements TensorFlow Serving's ModelService.
        addresses: where to listen: HOST:PORT, of which port 0 takes a free one, or unix:PATH.
        tls: key and certificates; None for an unencrypted port.
        memory: of the server.
        connections: limit of open connections; further ones are closed at once.

    Attributes:
        port: the port on which it listens; 0 where it listens on a Unix socket alone.

    Raises:
        InputError: the port is not available.
    """

    def __init__(
        self,
        prediction: PredictionService,
        models: ModelService,
        addresses: list[str],
        tls: grpc.ServerCredentials | None,
        memory: Memory,
        connections: int,
    ) -> None:
        self._memory, self._calls = memory, GrpcCalls(memory)
        predictions = Pool("predictions", _PREDICTIONS, _PREDICTIONS, is_drained=True)
        others, reloads = Pool("others", _OTHERS, _MOST_OTHERS), Pool("reloads", 1, _MOST_RELOADS)
        self._services = {
            "tensorflow.serving.PredictionService": {
                "Predict": Method(PredictRequest, prediction.predict, predictions),
                "GetModelMetadata": Method(GetModelMetadataRequest, prediction.metadata, others),
            },
            "tensorflow.serving.ModelService": {
                "GetModelStatus": Method(GetModelStatusRequest, models.status, others),
                "HandleReloadConfigRequest": Method(ReloadConfigRequest, models.reload, reloads),
            },
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="grpc", daemon=True)
        self._thread.start()
        try:
            ports = self._await(self._open(addresses, tls, connections))
        except InputError:
            self._end()
            raise
        self.port = next((port for port, address in zip(ports, addresses, strict=True) if not address.startswith("unix:")), 0)

    def start(self) -> None:
        """Starts answering requests."""
        self._await(self._server.start())
        self._looking = asyncio.run_coroutine_threadsafe(self._look_at_memory(), self._loop)

    def stop(self, grace: float) -> None:
        """Refuses new requests; returns when those in flight are answered, or after `grace` seconds. Does nothing twice."""
        if not self._thread.is_alive():
            return
        self._await(self._stop(grace))
        self._looking.cancel()
        self._end()

    def close(self) -> None:
        """Ends a server that was not started."""
        self._await(self._server.stop(None))
        self._end()

    def _await(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self, addresses: list[str], tls: grpc.ServerCredentials | None, connections: int) -> list[int]:
        options = [
            ("grpc.max_receive_message_length", _LARGEST),
            ("grpc.max_send_message_length", -1),
            # Unless this is 0, gRPC lets two servers share a port, and half of the requests go to the other one.
            ("grpc.so_reuseport", 0),
            ("grpc.max_concurrent_streams", _STREAMS),
            ("grpc.max_allowed_incoming_connections", connections),
            ("grpc.max_connection_idle_ms", _IDLE_MS),
            ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ]
        self._server = grpc.aio.server(options=options)
        for service, methods in self._services.items():
            handlers = {name: self._calls.handler(method) for name, method in methods.items()}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for name in _HEALTHY:
            await self._health.set(name, HealthCheckResponse.SERVING)
        return [self._listen(address, tls) for address in addresses]

    def _listen(self, address: str, tls: grpc.ServerCredentials | None) -> int:
        try:
            return self._server.add_secure_port(address, tls) if tls else self._server.add_insecure_port(address)
        except RuntimeError:
            raise InputError(
                f"{address}: cannot listen there (taken, or no address of this machine, or a bad certificate in "
                "--ssl-config-file); choose another --port, --host or --grpc-socket-path"
            ) from None

    async def _stop(self, grace: float) -> None:
        await self._health.enter_graceful_shutdown()
        # New requests are refused here first, and a moment longer than the last answer takes, because clients ask again at once:
        # gRPC's own stop would end some of them with CANCELLED, which clients do not repeat.
        await self._calls.drain(grace)
        await asyncio.sleep(_REFUSING)
        await self._server.stop(_CLOSING)

    async def _look_at_memory(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if self._memory.look():
                self._calls.refuse_oldest()

    def _end(self) -> None:
        self._calls.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def _checked_bytes(name: str, tensor: TensorProto, definition: SignatureDef) -> int:
    """Returns the bytes of an input once it is unpacked; raises `ServingError` unless the signature has such an input."""
    dtype, shape = _dtype(name, tensor), [dim.size for dim in tensor.tensor_shape.dim]
    check_input(definition, name, dtype, shape)
    size = math.prod(shape) * (dtype.size or _POINTER)
    if size > _LARGEST or min(shape, default=0) < 0:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name} has shape {shape}; this server takes {_LARGEST} bytes")
    return size


def _array(name: str, tensor: TensorProto) -> np.ndarray:
    try:
        return read_tensor(tensor)
    # Damaged tensors make it raise nearly anything.
    except Exception as error:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name} holds no valid tensor ({error})") from None


def _dtype(name: str, tensor: TensorProto) -> tf.DType:
    try:
        return tf.as_dtype(tensor.dtype)
    except TypeError:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name}: no dtype has the number {tensor.dtype}") from None
