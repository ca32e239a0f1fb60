"""Which model and what of it the path of a REST request means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tensorflow_serving.apis.model_pb2 import ModelSpec

from tfhd_client import Code, ServingError

_WHICH = r"(?:/versions/([0-9]+)|/labels/([^/:]+))?"
_PATHS = {
    "POST": re.compile(rf"/v1/models/([^/:]+){_WHICH}:(classify|regress|predict)", re.IGNORECASE),
    "GET": re.compile(rf"/v1/models(?:/([^/:]+))?{_WHICH}(?:/(metadata))?", re.IGNORECASE),
}
_KNOWN = "GET /v1/models/MODEL, GET /v1/models/MODEL/metadata and POST /v1/models/MODEL:predict"


@dataclass(frozen=True)
class Target:
    """What a request asks for.

    Attributes:
        spec: the model, and its version or label where the path names one.
        subject: predict, classify, regress, metadata or status.
    """

    spec: ModelSpec
    subject: str


def parse_path(method: str, path: str) -> Target:
    """Reads a path as TensorFlow Serving does, which takes a query for a part of the name before it.

    Args:
        method: of the request.
        path: percent-encoded, query included.

    Raises:
        ServingError: INVALID_ARGUMENT, the path or the method is none of this interface.
    """
    found = _PATHS[method].fullmatch(path) if method in _PATHS else None
    if found is None:
        raise ServingError(Code.INVALID_ARGUMENT, f"Malformed request: {method} {path[:256]}; available are {_KNOWN}")
    name, version, label, subject = found.groups()
    # TensorFlow Serving compares the words below as they are written, although its paths ignore case.
    if method == "POST" and subject != subject.lower():
        raise ServingError(Code.INVALID_ARGUMENT, f"Unsupported method {subject}; available are {_KNOWN}")
    if method == "GET" and subject != "metadata":
        subject = "status"
    if not name:
        raise ServingError(Code.INVALID_ARGUMENT, "Missing model name in request: ask for /v1/models/MODEL")
    spec = ModelSpec(name=unquote(name))
    if version:
        # Digits are compared first, because Python refuses to read thousands of them.
        number = version.lstrip("0") or "0"
        if len(number) > 19 or int(number) >= 2**63:
            raise ServingError(
                Code.INVALID_ARGUMENT, f"Failed to convert version: {version[:256]} to numeric; give one below 2**63"
            )
        spec.version.value = int(number)
    if label:
        spec.version_label = unquote(label)
    return Target(spec, subject)
