"""JSON to arrays, as TensorFlow Serving reads it: what it refuses is refused here, and what it lets pass passes.

Facts from its sources: uint16 and half-precision numbers cannot be sent; NaN and Infinity can; 8- and 16-bit integers wrap; every
declared input is required, defaults included; further columns, and text after the document, are ignored.
"""

from __future__ import annotations

import base64
import json
import re
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from tfhd_client import Arrays, Code, ServingError

# Of a name that occurs twice in an object, the first counts.
_DECODER = json.JSONDecoder(object_pairs_hook=lambda pairs: dict(reversed(pairs)))
_SPACE = re.compile(r"[ \t\n\r]*")
_BASE64 = re.compile(r"([A-Za-z0-9+/]*)([=.]*)")
_MOST_DIMENSIONS = 32

_WHOLE = {tf.int8: tf.int32, tf.int16: tf.int32, tf.uint8: tf.int32, tf.int32: tf.int32}
_WHOLE |= {dtype: dtype for dtype in (tf.uint32, tf.int64, tf.uint64)}
"""What an integer of each dtype must fit into; then it is cast, so that an uint8 of 300 becomes 44."""

READABLE = frozenset({*_WHOLE, tf.float32, tf.float64, tf.bool, tf.string})
"""The dtypes that an input may have (`AddValueToTensor` in tensorflow_serving/util/json_tensor.cc, 9d981c5 of 2026-07-30)."""


def parse(body: bytes) -> dict[str, Any]:
    """Parses a request's body; raises `ServingError` where it is no JSON object."""
    text = body.decode("utf-8-sig", "surrogateescape")
    try:
        document, _ = _DECODER.raw_decode(text, _SPACE.match(text).end())
    except (ValueError, RecursionError) as error:
        raise _invalid(f"JSON Parse error: {error}") from None
    if not isinstance(document, dict):
        raise _invalid("the request is not a JSON object")
    return document


def signature_name(document: dict[str, Any]) -> str:
    """Returns the name of the signature, "" where the request names none; raises `ServingError` where it is no text."""
    name = document.get("signature_name", "")
    if not isinstance(name, str) or not name.isprintable():
        raise _invalid("'signature_name' key must be a string value of printable characters")
    return name


def read_inputs(document: dict[str, Any], definition: SignatureDef) -> tuple[Arrays, bool]:
    """Reads the arrays of a request.

    Args:
        document: with either "instances", a list of rows, or "inputs", columns.
        definition: of the signature.

    Returns:
        Arrays by name, of bytes as dtype object; and whether they came in rows.

    Raises:
        ServingError: UNIMPLEMENTED for columns of a dtype that JSON cannot hold; INVALID_ARGUMENT otherwise, as for such rows.
    """
    if "instances" in document and "inputs" in document:
        raise _invalid("expecting only one of 'inputs' or 'instances' keys to exist")
    if "instances" not in document and "inputs" not in document:
        raise _invalid("Missing 'inputs' or 'instances' key")
    if "inputs" in document:
        return _columns(document["inputs"], definition), False
    try:
        return _rows(document["instances"], definition), True
    except ServingError as error:
        raise _invalid(f"'instances': {error}") from None


def _columns(given: Any, definition: SignatureDef) -> Arrays:
    """Reads arrays of {name: values}, or of the values alone where the signature has one input."""
    if not isinstance(given, dict) or _is_base64(given):
        given = {_only_input(definition): given}
    missing = sorted(set(definition.inputs) - set(given))
    if missing:
        raise _invalid(f"missing inputs: {', '.join(missing)}; over REST every input of a signature is required")
    return {name: _array(name, given[name], tf.as_dtype(info.dtype)) for name, info in definition.inputs.items()}


def _rows(given: Any, definition: SignatureDef) -> Arrays:
    """Reads arrays of [{name: value}, ...], or of the values alone where the signature has one input."""
    if not isinstance(given, list) or not given:
        raise _invalid("expected a list with at least one element")
    named = isinstance(given[0], dict) and not _is_base64(given[0])
    if any((isinstance(row, dict) and not _is_base64(row)) != named for row in given):
        raise _invalid("expected objects alone, or values alone")
    if not named:
        only = _only_input(definition)
        given = [{only: row} for row in given]
    for number, row in enumerate(given):
        if row.keys() != set(definition.inputs):
            raise _invalid(f"element {number}: keys must be equal to {', '.join(sorted(definition.inputs))}")
    return _columns({name: [row[name] for row in given] for name in definition.inputs}, definition)


def _only_input(definition: SignatureDef) -> str:
    if len(definition.inputs) != 1:
        raise _invalid(f"the signature has several inputs, name them: {', '.join(sorted(definition.inputs))}")
    return next(iter(definition.inputs))


def _array(name: str, value: Any, dtype: tf.DType) -> np.ndarray:
    try:
        values, shape = _flattened(value)
        return _converted(values, dtype).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        code = error.code if isinstance(error, ServingError) else Code.INVALID_ARGUMENT
        raise ServingError(code, f"input {name}: {error}") from None


def _flattened(value: Any) -> tuple[list, list[int]]:
    """Returns all values of a nested list in order, and its shape; raises `ValueError` where lists of a level differ in size."""
    shape, first = [], value
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    if len(shape) > _MOST_DIMENSIONS:
        raise ValueError(f"lists are nested {len(shape)} deep")
    values = [value]
    for level, size in enumerate(shape):
        if any(not isinstance(item, list) or len(item) != size for item in values):
            raise ValueError(f"expected lists of {size} at level {level}, as the first one there; found others")
        values = list(chain.from_iterable(values))
    if any(isinstance(item, list) for item in values):
        raise ValueError(f"found a list at level {len(shape)}, where the first element is none")
    return values, shape


def _converted(values: list, dtype: tf.DType) -> np.ndarray:
    kinds = set(map(type, values))  # of bool too, which is an int to isinstance
    if dtype == tf.string:
        return _objects(list(map(_bytes, values)))
    if dtype in _WHOLE:
        _require_kinds(kinds <= {int}, "whole numbers", dtype)
        limits = _WHOLE[dtype]
        if values and not limits.min <= min(values) <= max(values) <= limits.max:
            raise ValueError(f"expected numbers within {limits.min}..{limits.max}")
        return np.array(values, limits.as_numpy_dtype).astype(dtype.as_numpy_dtype)
    if dtype in (tf.float32, tf.float64):
        _require_kinds(kinds <= {int, float}, "numbers", dtype)
        with np.errstate(over="ignore"):
            return np.array(values, np.float64).astype(dtype.as_numpy_dtype)
    if dtype == tf.bool:
        _require_kinds(kinds <= {bool}, "true or false", dtype)
    elif values:
        message = f"JSON cannot be converted to {dtype.name}; use a signature on picture files (*_bytes), or gRPC"
        raise ServingError(Code.UNIMPLEMENTED, message)
    return np.array(values, dtype.as_numpy_dtype)


def _require_kinds(condition: bool, expected: str, dtype: tf.DType) -> None:
    if not condition:
        raise ValueError(f"a value is not of the expected type {dtype.name}; expected {expected}")


def _objects(values: list[bytes]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if not _is_base64(value):
        raise ValueError('expected strings, or {"b64": ...}')
    return decode_base64(value["b64"])


def decode_base64(text: str) -> bytes:
    """Decodes base64 as TensorFlow Serving does: white space is skipped, padding may be absent; raises `ValueError` otherwise."""
    found = _BASE64.fullmatch("".join(text.split()))
    if found is None:
        raise ValueError("unable to decode base64; expected A-Z, a-z, 0-9, + and /")
    data, padding = found.groups()
    missing = -len(data) % 4
    if missing == 3 or len(padding) not in (0, missing):
        raise ValueError("unable to decode base64; it is cut off")
    return base64.b64decode(data + "=" * missing)


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def _invalid(message: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, message)
