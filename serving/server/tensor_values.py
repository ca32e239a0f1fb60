"""Arrays in gRPC's answers, as TensorFlow Serving writes them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

_FIELDS = {tf.float32: "float_val", tf.float64: "double_val", tf.string: "string_val", tf.bool: "bool_val", tf.int64: "int64_val"}
_FIELDS |= {dtype: "int_val" for dtype in (tf.int8, tf.int16, tf.int32, tf.uint8, tf.uint16)}
_FIELDS |= {tf.uint32: "uint32_val", tf.uint64: "uint64_val"}
"""Where a TensorProto holds values of each dtype one by one."""

_AT_A_TIME = 2**16
"""Values written into an answer at a time: while Python converts them, no other thread runs."""


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


def _varint(number: int) -> bytes:
    """Seven bits in each byte, the lowest first, as protocol buffers hold numbers."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
