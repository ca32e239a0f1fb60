"""The web application: paths and methods to calls, answers and errors to JSON with TensorFlow Serving's statuses."""

from __future__ import annotations

import re
import zlib
from http import HTTPStatus
from typing import Any

import anyio
from google.protobuf.json_format import MessageToDict
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send
from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse
from tensorflow_serving.apis.model_pb2 import ModelSpec

from tfhd_client import Code, ServingError

from ..memory import RequestLimits
from ..metrics import Metrics
from ..prediction import Predictor, ServedVersion
from ..repository import Repository
from ..rest_limits import limits_of, reserve_json
from .json_inputs import parse, read_inputs, signature_name
from .json_outputs import write_columns, write_error, write_rows
from .paths import parse_path

HTTP_STATUS = {
    Code.CANCELLED: 499,
    Code.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    Code.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    Code.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    Code.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    Code.ABORTED: HTTPStatus.CONFLICT,
    Code.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    Code.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
}
"""HTTP status by the code of the `ServingError`; all other codes become 500."""

_LARGEST = 64 * 2**20
"""Limit of a request in bytes; as numbers in JSON they take ten times as much memory."""
_LARGEST_UNPACKED = 100 * 2**20
"""The same of a gzip body after unpacking, TensorFlow Serving's own."""
_UNPACKED_AT_A_TIME = 2**20
_PREDICTIONS = 64
"""Limit of predictions at a time; more wait. They have threads of their own, so that probes are answered under load too."""
_ORIGIN = re.compile("https?://")


def build_app(
    predictor: Predictor,
    repository: Repository[ServedVersion],
    metrics: Metrics,
    metrics_path: str | None,
) -> ASGIApp:
    """Builds the web application.

    Args:
        predictor: runs predictions for requests.
        repository: the models in memory, whose status is reported.
        metrics: counts and times requests.
        metrics_path: path under which Prometheus reads metrics; None does not show them.
    """
    api = _RestApi(predictor, repository, metrics, metrics_path)

    def failed(request: Request, error: Exception) -> Response:
        return _error_response(ServingError(Code.INTERNAL, f"{type(error).__name__} in the server; see its log"))

    return Starlette(routes=[Mount("", app=api)], exception_handlers={Exception: failed})


class _RestApi:
    """Answers every request, whatever its path and method; for the arguments see `build_app`."""

    def __init__(
        self,
        predictor: Predictor,
        repository: Repository[ServedVersion],
        metrics: Metrics,
        metrics_path: str | None,
    ) -> None:
        self._predictor, self._repository, self._metrics = predictor, repository, metrics
        self._metrics_path = metrics_path
        self._threads = anyio.CapacityLimiter(_PREDICTIONS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ServingError as error:
            response = _error_response(error)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
        whole = f"{path}?{query}" if query else path
        if path == self._metrics_path:
            return self._metrics_response(whole)
        if not path.lower().startswith("/v1/"):
            raise ServingError(Code.NOT_FOUND, f"{whole[:256]}: nothing is there; the models are below /v1/models")
        if request.method == "OPTIONS":
            if _ORIGIN.search(request.headers.get("origin", "")):
                return Response()
            raise ServingError(Code.FAILED_PRECONDITION, "Origin header is missing in CORS preflight")
        target = parse_path(request.method, whole)
        if target.subject == "predict":
            return await self._predict(request, target.spec)
        run = {"status": self._status, "metadata": self._metadata}.get(target.subject, self._refuse_method)
        return JSONResponse(await anyio.to_thread.run_sync(run, target.spec))

    def _metrics_response(self, path: str) -> Response:
        if path != self._metrics_path:
            text = f"Unexpected path: {path[:256]}. Should be {self._metrics_path}"
            return Response(text, HTTPStatus.BAD_REQUEST, media_type="text/plain")
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4")

    def _status(self, spec: ModelSpec) -> dict:
        spec.ClearField("version_label")  # TensorFlow Serving's status knows no labels
        return _as_dict(GetModelStatusResponse(model_version_status=self._repository.status(spec)))

    def _metadata(self, spec: ModelSpec) -> dict:
        found = self._predictor.metadata(spec)
        signatures = SignatureDefMap.FromString(found.metadata["signature_def"].value)
        return {"model_spec": _as_dict(found.model_spec), "metadata": {"signature_def": _as_dict(signatures)}}

    def _refuse_method(self, spec: ModelSpec) -> dict:
        self._predictor.metadata(spec)  # raises where there is no such model
        raise ServingError(Code.INVALID_ARGUMENT, "the model has no signature of this method; its signatures are for :predict")

    async def _predict(self, request: Request, spec: ModelSpec) -> Response:
        body, limits = await _body(request), limits_of(request)
        packed = "gzip" in request.headers.get("content-encoding", "")

        def run() -> Response:
            try:
                return self._prediction(spec, _unpacked(body, limits) if packed else body, limits)
            except ServingError as error:
                return _error_response(error)

        return await anyio.to_thread.run_sync(run, limiter=self._threads)

    def _prediction(self, spec: ModelSpec, body: bytes, limits: RequestLimits) -> Response:
        with self._metrics.request(spec.name, "predict", "REST"):
            reserve_json(body, limits)
            document = parse(body)
            spec.signature_name = signature_name(document) or "serving_default"
            inputs, in_rows = read_inputs(document, self._predictor.signature(spec))
            outputs = self._predictor.predict(spec, inputs, limits).outputs
            return Response((write_rows if in_rows else write_columns)(outputs), media_type="application/json")


def _error_response(error: ServingError) -> Response:
    status = HTTP_STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    return Response(write_error(str(error)), status, media_type="application/json")


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > _LARGEST:
                raise ServingError(Code.INVALID_ARGUMENT, f"the request has more than {_LARGEST} bytes; gRPC takes larger ones")
    except ClientDisconnect:
        raise ServingError(Code.CANCELLED, "the client has gone") from None
    return b"".join(parts)


def _unpacked(body: bytes, limits: RequestLimits) -> bytes:
    unpacker, parts, size = zlib.decompressobj(zlib.MAX_WBITS | 16), [], 0
    try:
        while body and not unpacker.eof and size <= _LARGEST_UNPACKED:
            parts.append(unpacker.decompress(body, _UNPACKED_AT_A_TIME))
            body, size = unpacker.unconsumed_tail, size + len(parts[-1])
            limits.add(len(parts[-1]))
    except zlib.error as error:
        raise ServingError(
            Code.INVALID_ARGUMENT, f"the request's body is no gzip ({error}), as its Content-Encoding says"
        ) from None
    if not unpacker.eof or unpacker.unused_data or size > _LARGEST_UNPACKED:
        message = f"the request's gzip body is cut off, in several parts, or more than {_LARGEST_UNPACKED} bytes unpacked"
        raise ServingError(Code.INVALID_ARGUMENT, message)
    return b"".join(parts)


def _as_dict(message: Any) -> dict:
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
