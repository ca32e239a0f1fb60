"""Arrays in gRPC's messages, as TensorFlow Serving reads and writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

_FIELDS = {tf.float32: "float_val", tf.float64: "double_val", tf.string: "string_val", tf.bool: "bool_val", tf.int64: "int64_val"}
_FIELDS |= {dtype: "int_val" for dtype in (tf.int8, tf.int16, tf.int32, tf.uint8, tf.uint16)}
_FIELDS |= {tf.uint32: "uint32_val", tf.uint64: "uint64_val"}
"""Where a TensorProto holds values of each dtype one by one."""

_VARINT_BITS = 63
_AT_A_TIME = 2**16
"""Values read from a request or written into an answer at a time: while Python converts them, no other thread runs."""


def write_tensor(tensor: TensorProto, value: np.ndarray, *, as_content: bool) -> None:
    """Writes an array into an empty message.

    Args:
        tensor: the message.
        value: numbers, or bytes as dtype object.
        as_content: as one block of bytes; otherwise value by value, in the field in which TensorFlow Serving's clients look.
    """
    tensor.dtype = (dtype := tf.as_dtype(value.dtype)).as_datatype_enum
    for size in value.shape:
        tensor.tensor_shape.dim.add(size=size)
    if as_content and dtype == tf.string:
        values = value.ravel().tolist()
        tensor.tensor_content = b"".join([*(_varint(len(item)) for item in values), *values])
    elif as_content or dtype not in _FIELDS:
        tensor.tensor_content = value.tobytes()
    else:
        field, values = getattr(tensor, _FIELDS[dtype]), value.ravel()
        for start in range(0, values.size, _AT_A_TIME):
            field.extend(values[start : start + _AT_A_TIME].tolist())


def read_tensor(tensor: TensorProto) -> np.ndarray:
    """Returns the array in a message, of strings as bytes with dtype object.

    Raises:
        Exception: of nearly any kind, where the message is damaged.
    """
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    dtype = tf.as_dtype(tensor.dtype)
    if dtype != tf.string and not tensor.tensor_content and dtype in _FIELDS:
        return _numbers(getattr(tensor, _FIELDS[dtype]), dtype, shape)
    if dtype == tf.string and not tensor.tensor_content and not tensor.string_val:
        return np.full(shape, b"", object)  # of TensorFlow's Python functions it would be text
    if dtype != tf.string or not tensor.tensor_content:
        return tf.make_ndarray(tensor)
    # Lengths, and then the strings: C++ clients write them so, and TensorFlow's Python functions cannot read it.
    content, place, lengths = tensor.tensor_content, 0, []
    for _ in range(math.prod(shape)):
        length, shift = 0, 0
        while content[place] > 127:
            if shift >= _VARINT_BITS:
                raise ValueError("the length of a string has more than 64 bits")
            length, shift, place = length | (content[place] & 127) << shift, shift + 7, place + 1
        lengths.append(length | content[place] << shift)
        place += 1
    if place + sum(lengths) != len(content):
        raise ValueError(f"its strings have {len(content) - place} bytes, and their lengths say {sum(lengths)}")
    found = np.empty(len(lengths), object)
    for index, length in enumerate(lengths):
        found[index] = content[place : place + length]
        place += length
    return found.reshape(shape)


def _numbers(field: Sequence[float], dtype: tf.DType, shape: list[int]) -> np.ndarray:
    """Reads numbers that are there one by one; the last one stands for those that are left out, and 0 where all are."""
    if (missing := math.prod(shape) - len(field)) < 0:
        raise ValueError(f"it has {len(field)} values, more than its shape {shape}")
    found = np.empty(len(field), dtype.as_numpy_dtype)
    for start in range(0, len(field), _AT_A_TIME):
        part = field[start : start + _AT_A_TIME]
        found[start : start + len(part)] = np.fromiter(part, found.dtype)
    return np.pad(found, (0, missing), mode="edge" if len(field) else "constant").reshape(shape)


def _varint(number: int) -> bytes:
    """Seven bits in each byte, the lowest first, as protocol buffers hold numbers."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
