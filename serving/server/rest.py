"""The models over HTTP, as JSON: TensorFlow Serving's REST interface.

Errors are `ServingError` with gRPC's codes; `HTTP_STATUS` says which status of HTTP each becomes.
"""

from __future__ import annotations

import base64
import binascii
import json
from http import HTTPStatus
from typing import Any

import numpy as np
import tensorflow as tf
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse
from tensorflow_serving.apis.model_pb2 import ModelSpec

from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import check_input_names
from .memory import RequestLimits
from .metrics import Metrics
from .prediction import Predictor, ServedVersion
from .repository import Repository
from .rest_limits import limits_of, reserve_json

HTTP_STATUS = {
    Code.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.FAILED_PRECONDITION: HTTPStatus.PRECONDITION_FAILED,
    Code.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}
"""HTTP status by the code of the `ServingError`; all other codes become 500. Paths that do not exist get 404 or 405."""

_LARGEST = 64 * 2**20
"""Limit of a request in bytes; as numbers in JSON they take ten times as much memory."""
_MOST_ROWS = 1024
_PREDICTIONS = 64
"""Limit of predictions at a time; more wait. They have threads of their own, so that probes are answered under load too."""


def build_app(predictor: Predictor, repository: Repository[ServedVersion], metrics: Metrics, metrics_path: str | None) -> FastAPI:
    """Builds the web application.

    Args:
        predictor: runs predictions for requests.
        repository: the models in memory, whose status is reported.
        metrics: counts and times requests.
        metrics_path: path under which Prometheus reads metrics; None does not show them.
    """
    app = FastAPI(title="TensorFlow Serving's REST interface", docs_url=None, redoc_url=None, openapi_url=None)

    _handle_errors(app)
    threads = CapacityLimiter(_PREDICTIONS)

    async def predict(request: Request, name: str, version: int | None = None, label: str | None = None) -> Response:
        body = await _body(request)
        spec, limits = _spec(name, version, label), limits_of(request)
        return await to_thread.run_sync(_predict, predictor, metrics, spec, body, limits, limiter=threads)

    def status(name: str, version: int | None = None, label: str | None = None) -> dict:
        found = GetModelStatusResponse(model_version_status=repository.status(_spec(name, version, label)))
        entries = _as_dict(found)["model_version_status"]
        for entry in entries:
            entry["status"] = {"error_code": "OK", "error_message": ""} | entry.get("status", {})
        return {"model_version_status": entries}

    def metadata(name: str, version: int | None = None, label: str | None = None) -> dict:
        return _as_dict(predictor.metadata(_spec(name, version, label)))

    for model in ("/v1/models/{name}", "/v1/models/{name}/versions/{version}", "/v1/models/{name}/labels/{label}"):
        app.post(f"{model}:predict")(predict)
        app.get(f"{model}/metadata")(metadata)
        app.get(model)(status)
    if metrics_path:
        app.get(metrics_path)(lambda: Response(metrics.text(), media_type="text/plain; version=0.0.4"))
    return app


def _handle_errors(app: FastAPI) -> None:
    """Makes every error an object with the single key "error", as TensorFlow Serving does."""

    def refuse(text: str, status: int) -> JSONResponse:
        return JSONResponse({"error": text}, status)

    @app.exception_handler(ServingError)
    def refuse_request(request: Request, error: ServingError) -> JSONResponse:
        return refuse(str(error), HTTP_STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR))

    @app.exception_handler(RequestValidationError)
    def refuse_version(request: Request, error: RequestValidationError) -> JSONResponse:
        return refuse(f"{request.url.path}: a version is a whole number", HTTPStatus.BAD_REQUEST)

    @app.exception_handler(HTTPException)
    def refuse_path(request: Request, error: HTTPException) -> JSONResponse:
        known = "GET /v1/models/MODEL, GET /v1/models/MODEL/metadata and POST /v1/models/MODEL:predict"
        return refuse(f"{request.method} {request.url.path}: {error.detail}; available are {known}", error.status_code)


def _predict(predictor: Predictor, metrics: Metrics, spec: ModelSpec, body: bytes, limits: RequestLimits) -> JSONResponse:
    with metrics.request(spec.name, "Predict", "REST"):
        reserve_json(body, limits)
        given = _document(body)
        spec.signature_name = given.get("signature_name") or "serving_default"
        definition = predictor.signature(spec)
        inputs = _columns(given["inputs"], definition) if "inputs" in given else _rows(given["instances"], definition)
        outputs = predictor.predict(spec, inputs, limits).outputs
    columns = {name: _as_json(name, value) for name, value in outputs.items()}
    only = next(iter(columns.values())) if len(columns) == 1 else None
    if "inputs" in given:
        return JSONResponse({"outputs": columns if only is None else only})
    rows = only if only is not None else [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return JSONResponse({"predictions": rows})


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


def _document(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServingError(Code.INVALID_ARGUMENT, f"the request is not JSON: {error}") from None
    if not isinstance(given, dict) or ("inputs" in given) == ("instances" in given):
        raise ServingError(Code.INVALID_ARGUMENT, 'expected an object with either "instances" or "inputs"')
    name = given.get("signature_name", "")
    if not isinstance(name, str) or not name.isprintable():
        raise ServingError(Code.INVALID_ARGUMENT, "signature_name must be a string of printable characters")
    return given


def _columns(given: Any, definition: SignatureDef) -> Arrays:
    """Reads arrays of {name: values}, or of the values alone where the signature has one input."""
    if not isinstance(given, dict) or set(given) == {"b64"}:
        given = {_only_input(definition): given}
    check_input_names(definition, given)  # all of them: TensorFlow Serving too fills in defaults for gRPC only
    return {name: _from_json(name, given[name], definition.inputs[name]) for name in given}


def _rows(given: Any, definition: SignatureDef) -> Arrays:
    """Reads arrays of [{name: value}, ...], or of the values alone where the signature has one input."""
    if not isinstance(given, list) or not given:
        raise ServingError(Code.INVALID_ARGUMENT, '"instances" must be a list with at least one element')
    if len(given) > _MOST_ROWS:
        raise ServingError(Code.INVALID_ARGUMENT, f"{len(given)} instances in a request; this server takes {_MOST_ROWS}")
    if not all(isinstance(row, dict) and set(row) != {"b64"} for row in given):
        name = _only_input(definition)
        given = [{name: row} for row in given]
    if any(set(row) != set(given[0]) for row in given):
        raise ServingError(Code.INVALID_ARGUMENT, "every element of instances must name the same inputs")
    return _columns({name: [row[name] for row in given] for name in given[0]}, definition)


def _only_input(definition: SignatureDef) -> str:
    if len(definition.inputs) != 1:
        names = ", ".join(sorted(definition.inputs))
        raise ServingError(Code.INVALID_ARGUMENT, f"the signature has several inputs, name them: {names}")
    return next(iter(definition.inputs))


def _from_json(name: str, value: Any, info: Any) -> np.ndarray:
    dtype = tf.as_dtype(info.dtype)
    try:
        if dtype == tf.string:
            return np.array(_decoded(value), object)
        numbers = np.array(value)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name}: {error}") from None
    if numbers.dtype.kind not in ("iu" if dtype.is_integer else "iuf") or not np.isfinite(numbers).all():
        kind = "whole numbers" if dtype.is_integer else "finite numbers"
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name}: expected {kind}, at least one, and every row as long")
    if dtype.is_integer and not (dtype.min <= numbers.min() and numbers.max() <= dtype.max):
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name}: expected {dtype.min}..{dtype.max}")
    return numbers.astype(dtype.as_numpy_dtype)


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str):
        return base64.b64decode(value["b64"], validate=True)
    if isinstance(value, str):
        return value.encode()
    raise ValueError('expected strings, or {"b64": ...}')


def _as_json(name: str, value: np.ndarray) -> list:
    if value.dtype != object:
        return value.tolist()
    as_text = (lambda item: {"b64": base64.b64encode(item).decode()}) if name.endswith("_bytes") else bytes.decode
    return np.frompyfunc(as_text, 1, 1)(value).tolist()


def _spec(name: str, version: int | None, label: str | None) -> ModelSpec:
    spec = ModelSpec(name=name)
    if version is not None:
        if not 0 <= version < 2**63:
            raise ServingError(Code.NOT_FOUND, f"model {name}: no version {version} is served")
        spec.version.value = version
    if label is not None:
        spec.version_label = label
    return spec


def _as_dict(message: Any) -> dict:
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
