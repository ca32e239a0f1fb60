"""Arrays to JSON, as TensorFlow Serving writes them."""

from __future__ import annotations

import base64
import json
import math

import numpy as np

from tfhd_client import Arrays, Code, ServingError

_WRITABLE = frozenset({"float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "bool", "object"})


def write_rows(outputs: Arrays) -> bytes:
    """Writes {"predictions": [...]}: an object for each row, or the value alone where there is one output.

    Raises:
        ServingError: an output has a dtype that JSON cannot hold or no rows, or outputs differ in their number of rows.
    """
    sizes = {name: value.shape[0] if value.ndim else None for name, value in outputs.items()}
    if None in sizes.values() or len(set(sizes.values())) > 1:
        raise ServingError(Code.INVALID_ARGUMENT, f"outputs differ in their number of rows: {sizes}; ask with 'inputs'")
    columns = {name: _grouped(_texts(name, value), value.shape, 1) for name, value in outputs.items()}
    rows = [_named(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return _encoded(f'{{"predictions": [{", ".join(rows)}]}}')


def write_columns(outputs: Arrays) -> bytes:
    """Writes {"outputs": {name: values}}, or the values alone where there is one output; raises `ServingError`."""
    return _encoded(
        f'{{"outputs": {_named({name: _grouped(_texts(name, each), each.shape, 0)[0] for name, each in outputs.items()})}}}'
    )


def write_error(message: str) -> bytes:
    """Writes {"error": message}."""
    return json.dumps({"error": message}).encode()


def _named(values: dict[str, str]) -> str:
    if len(values) == 1:
        return next(iter(values.values()))
    return "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in values.items()) + "}"


def _texts(name: str, value: np.ndarray) -> list[str]:
    """The values of an array in order, each as JSON."""
    if value.dtype.name not in _WRITABLE:
        raise ServingError(Code.INVALID_ARGUMENT, f"output {name}: JSON cannot hold {value.dtype.name}; ask over gRPC")
    values = value.ravel().tolist()
    if value.dtype.kind == "f":
        return [_decimal(number, value.dtype) for number in values]
    if value.dtype != object:
        return list(map(json.dumps, values)) if value.dtype == bool else list(map(str, values))
    if name.endswith("_bytes"):
        return [f'{{"b64": "{base64.b64encode(item).decode()}"}}' for item in values]
    # Bytes that are no UTF-8 are written as they are.
    return [json.dumps(item.decode("utf-8", "surrogateescape"), ensure_ascii=False) for item in values]


def _decimal(value: float, dtype: np.dtype) -> str:
    """Six digits where they give the same number back, so that 0.2 is not written as 0.200000003; otherwise as many as needed."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = f"{value:g}"
    if dtype.type(text) != dtype.type(value):
        text = f"{value:.{9 if dtype == np.float32 else 17}g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _grouped(texts: list[str], shape: tuple[int, ...], levels: int) -> list[str]:
    """Joins values to lists by shape, and leaves the first `levels` dimensions as one Python list."""
    for level in range(len(shape) - 1, levels - 1, -1):
        size, count = shape[level], math.prod(shape[:level])
        texts = ["[" + ", ".join(texts[row * size : (row + 1) * size]) + "]" for row in range(count)]
    return texts


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
