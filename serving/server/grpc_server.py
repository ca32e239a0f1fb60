"""The models over gRPC: TensorFlow Serving's services, and gRPC's health service."""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from grpc_health.v1 import health, health_pb2_grpc
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, GetModelMetadataResponse
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from tfhd.errors import InputError
from tfhd_client import Code, ServingError

from ..in_process.session import check_input
from .metrics import Metrics
from .prediction import Predictor, ServedVersion
from .repository import Repository

_PREDICTIONS = 240
"""Limit of predictions at a time; further ones are refused, and clients repeat them."""
_OTHERS = 16
"""Threads beside those of predictions, for status, metadata and health, so that probes are answered under load too."""
_REFUSING = 0.5
"""Seconds for which new predictions are refused after the last answer, see `GrpcServer.stop`."""
_SENDING = 5.0
"""Seconds that the last answers have to be sent."""
_LARGEST = 256 * 2**20
"""Limit of a request in bytes: raw maps of 8192x8192 pixels."""

_POINTER = 8
"""Bytes that an array needs for each string besides its content."""
_YEAR = 365 * 24 * 3600.0

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_FIELDS = {tf.float32: "float_val", tf.float64: "double_val", tf.string: "string_val", tf.bool: "bool_val", tf.int64: "int64_val"}
_FIELDS |= {dtype: "int_val" for dtype in (tf.int8, tf.int16, tf.int32, tf.uint8, tf.uint16)}
_FIELDS |= {tf.uint32: "uint32_val", tf.uint64: "uint64_val"}
"""Where a TensorProto holds values of each dtype one by one."""


def _aborts_on_error(method: Callable) -> Callable:
    """Decorates a gRPC method: a `ServingError` becomes the call's status."""

    @functools.wraps(method)
    def answer(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except ServingError as error:
            context.abort(_CODES[error.code], str(error))

    return answer


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Implements Predict and GetModelMetadata.

    Args:
        predictor: runs predictions for requests.
        metrics: counts and times requests.
        tensor_content: send arrays as one block of bytes, instead of number by number as TensorFlow Serving does by default.
    """

    def __init__(self, predictor: Predictor, metrics: Metrics, *, tensor_content: bool) -> None:
        self._predictor, self._metrics, self._tensor_content = predictor, metrics, tensor_content
        self._free = threading.BoundedSemaphore(_PREDICTIONS)
        self._stopping = threading.Event()

    @_aborts_on_error
    def Predict(self, request: PredictRequest, context: grpc.ServicerContext) -> PredictResponse:
        spec = request.model_spec
        with self._metrics.request(spec.name, "Predict", "GRPC"), self._reserved_place():
            definition = self._predictor.signature(spec)
            inputs = {name: _array(name, value, definition) for name, value in request.inputs.items()}
            limits = _deadline(context), context.is_active
            version, outputs = self._predictor.predict(spec, inputs, request.output_filter, *limits)
        response = PredictResponse()
        response.model_spec.name, response.model_spec.version.value = spec.name, version
        response.model_spec.signature_name = spec.signature_name or "serving_default"
        for name, value in outputs.items():
            self._write(response.outputs[name], value)
        return response

    @_aborts_on_error
    def GetModelMetadata(self, request: GetModelMetadataRequest, context: grpc.ServicerContext) -> GetModelMetadataResponse:
        if list(request.metadata_field) != ["signature_def"]:
            message = f"metadata_field is {list(request.metadata_field)}; only signature_def is supported"
            raise ServingError(Code.INVALID_ARGUMENT, message)
        return self._predictor.metadata(request.model_spec)

    def drain(self, seconds: float) -> None:
        """Refuses new predictions from now on; returns when those in flight have ended, or after `seconds`."""
        self._stopping.set()
        end = time.monotonic() + seconds
        for _ in range(_PREDICTIONS):
            if not self._free.acquire(timeout=max(0.0, end - time.monotonic())):
                return

    @contextmanager
    def _reserved_place(self) -> Iterator[None]:
        """Counts the block as one of the predictions in flight; raises `ServingError` where there are too many."""
        if self._stopping.is_set():
            raise ServingError(Code.UNAVAILABLE, "the server is stopping")
        if not self._free.acquire(blocking=False):
            raise ServingError(Code.UNAVAILABLE, f"{_PREDICTIONS} requests are being answered already; try again later")
        try:
            yield
        finally:
            self._free.release()

    def _write(self, tensor: TensorProto, value: np.ndarray) -> None:
        """Writes an array into a response as TensorFlow Serving does, whose clients look for values in one of these places."""
        tensor.dtype = (dtype := tf.as_dtype(value.dtype)).as_datatype_enum
        for size in value.shape:
            tensor.tensor_shape.dim.add(size=size)
        if self._tensor_content and dtype == tf.string:
            values = value.ravel().tolist()
            tensor.tensor_content = b"".join([*(_varint(len(item)) for item in values), *values])
        elif self._tensor_content or dtype not in _FIELDS:
            tensor.tensor_content = value.tobytes()
        else:
            getattr(tensor, _FIELDS[dtype]).extend(value.ravel().tolist())


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Implements GetModelStatus and HandleReloadConfigRequest.

    Args:
        repository: the models in memory.
    """

    def __init__(self, repository: Repository[ServedVersion]) -> None:
        self._repository = repository

    @_aborts_on_error
    def GetModelStatus(self, request: GetModelStatusRequest, context: grpc.ServicerContext) -> GetModelStatusResponse:
        return GetModelStatusResponse(model_version_status=self._repository.status(request.model_spec))

    @_aborts_on_error
    def HandleReloadConfigRequest(self, request: ReloadConfigRequest, context: grpc.ServicerContext) -> ReloadConfigResponse:
        self._repository.configure(request.config)
        return ReloadConfigResponse()


class GrpcServer:
    """Serves both services and gRPC's health service on one port.

    Args:
        prediction: implements TensorFlow Serving's PredictionService.
        models: implements TensorFlow Serving's ModelService.
        address: HOST:PORT to listen on; port 0 takes a free one.
        tls: key and certificates; None for an unencrypted port.

    Attributes:
        port: the port on which it listens.

    Raises:
        InputError: the port is not available.
    """

    def __init__(
        self, prediction: PredictionService, models: ModelService, address: str, tls: grpc.ServerCredentials | None
    ) -> None:
        # Unless so_reuseport is 0, gRPC lets two servers share a port, and half of the requests go to the other one.
        options = [("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]
        self._server = grpc.server(ThreadPoolExecutor(_PREDICTIONS + _OTHERS, "grpc"), options=options)
        self._prediction = prediction
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(prediction, self._server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, self._server)
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        try:
            added = self._server.add_secure_port(address, tls) if tls else self._server.add_insecure_port(address)
        except RuntimeError:
            raise InputError(
                f"{address}: cannot listen there (taken, or no address of this machine, or a bad certificate in "
                "--ssl-config-file); choose another --port or --host"
            ) from None
        self.port = added

    def start(self) -> None:
        """Starts answering requests."""
        self._server.start()

    def stop(self, grace: float) -> None:
        """Refuses new requests; returns when those in flight are answered, or after `grace` seconds."""
        self._health.enter_graceful_shutdown()
        # New requests are refused here first, and a moment longer than the last answer takes, because clients ask again at once:
        # gRPC's own stop would end some of them with CANCELLED, which clients do not repeat.
        self._prediction.drain(grace)
        time.sleep(_REFUSING)
        self._server.stop(_SENDING).wait()


def _varint(number: int) -> bytes:
    """Seven bits in each byte, the lowest first, as protocol buffers hold numbers."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _deadline(context: grpc.ServicerContext) -> float:
    """Returns when the client stops waiting, in seconds of `time.monotonic`."""
    left = context.time_remaining()
    # Where a client set none, gRPC reports hundreds of years.
    return math.inf if left is None or left > _YEAR else time.monotonic() + left


def _array(name: str, tensor: TensorProto, definition: SignatureDef) -> np.ndarray:
    # Checked before it is unpacked, because one number may stand for as many as the shape says.
    dtype, shape = _dtype(name, tensor), [dim.size for dim in tensor.tensor_shape.dim]
    check_input(definition, name, dtype, shape)
    if math.prod(shape) * (dtype.size or _POINTER) > _LARGEST:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name} has shape {shape}; this server takes {_LARGEST} bytes")
    try:
        return tf.make_ndarray(tensor)
    # Damaged tensors make it raise nearly anything.
    except Exception as error:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name} holds no valid tensor ({error})") from None


def _dtype(name: str, tensor: TensorProto) -> tf.DType:
    try:
        return tf.as_dtype(tensor.dtype)
    except TypeError:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name}: no dtype has the number {tensor.dtype}") from None
