"""Requests and responses of TensorFlow Serving's prediction service, without TensorFlow.

tensorflow-serving-api has these messages too, but importing them imports TensorFlow and Keras, which takes seconds and a gigabyte
that a client has no other use for. Only the fields that a client needs are declared here, by their numbers in TensorFlow's
protocol buffers; fields that are not declared are skipped when a message is read.
"""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto

_SCHEMA: dict[str, dict[str, tuple[int, str, bool]]] = {
    "Dim": {"size": (1, "int64", False)},
    "Shape": {"dim": (2, "Dim", True)},
    "Tensor": {
        "dtype": (1, "int32", False),
        "tensor_shape": (2, "Shape", False),
        "tensor_content": (4, "bytes", False),
        "float_val": (5, "float", True),
        "int_val": (7, "int32", True),
        "string_val": (8, "bytes", True),
    },
    "Version": {"value": (1, "int64", False)},
    "ModelSpec": {
        "name": (1, "string", False),
        "version": (2, "Version", False),
        "signature_name": (3, "string", False),
        "version_label": (4, "string", False),
    },
    "NamedTensor": {"key": (1, "string", False), "value": (2, "Tensor", False)},
    "PredictRequest": {"model_spec": (1, "ModelSpec", False), "inputs": (2, "NamedTensor", True)},
    "PredictResponse": {"outputs": (1, "NamedTensor", True), "model_spec": (2, "ModelSpec", False)},
    "MetadataRequest": {"model_spec": (1, "ModelSpec", False), "metadata_field": (2, "string", True)},
    "Any": {"value": (2, "bytes", False)},
    "NamedAny": {"key": (1, "string", False), "value": (2, "Any", False)},
    "MetadataResponse": {"model_spec": (1, "ModelSpec", False), "metadata": (2, "NamedAny", True)},
    "TensorInfo": {"dtype": (2, "int32", False), "tensor_shape": (3, "Shape", False)},
    "NamedTensorInfo": {"key": (1, "string", False), "value": (2, "TensorInfo", False)},
    "Signature": {"inputs": (1, "NamedTensorInfo", True)},
    "NamedSignature": {"key": (1, "string", False), "value": (2, "Signature", False)},
    "SignatureMap": {"signature_def": (1, "NamedSignature", True)},
}

_DTYPES = {1: np.float32, 3: np.int32, 4: np.uint8, 17: np.uint16}
_STRING = 7
_NUMBERS = {np.dtype(dtype): number for number, dtype in _DTYPES.items()}


def declare_messages(package: str, schema: dict[str, dict[str, tuple[int, str, bool]]]) -> dict[str, Any]:
    """Makes message classes.

    Args:
        package: their own protocol buffer package, so that they do not clash with TensorFlow's messages.
        schema: message name to its fields: number, type, and whether the field is repeated. A type is a scalar type of protocol
            buffers or another message of the schema.

    Returns:
        The classes by name.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in schema.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, label=label)
            if kind in schema:
                added.type, added.type_name = _Field.TYPE_MESSAGE, f".{package}.{kind}"
            else:
                added.type = getattr(_Field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in schema}


_MESSAGES = declare_messages("tfhd.serving", _SCHEMA)


class ModelSpec(NamedTuple):
    """Which model a request is for.

    Attributes:
        name: on the server.
        version: its number; None for the newest, or the one of `label`.
        label: name of a version; None where none is asked for.
    """

    name: str
    version: int | None = None
    label: str | None = None


def predict_request(spec: ModelSpec, signature: str, inputs: dict[str, np.ndarray]) -> bytes:
    """Encodes a PredictRequest of float32, int32, uint8, uint16 or bytes (dtype object) arrays."""
    request = _MESSAGES["PredictRequest"]()
    _specify(request.model_spec, spec)
    request.model_spec.signature_name = signature
    for name, array in inputs.items():
        _write(request.inputs.add(key=name).value, np.asarray(array))
    return request.SerializeToString()


def predict_response(data: bytes) -> tuple[int, dict[str, np.ndarray]]:
    """Decodes a PredictResponse: the number of the version that answered, and the arrays."""
    response = _MESSAGES["PredictResponse"].FromString(data)
    return response.model_spec.version.value, {item.key: _read(item.value) for item in response.outputs}


def metadata_request(spec: ModelSpec) -> bytes:
    """Encodes a GetModelMetadataRequest for the signatures."""
    request = _MESSAGES["MetadataRequest"](metadata_field=["signature_def"])
    _specify(request.model_spec, spec)
    return request.SerializeToString()


def metadata_response(data: bytes) -> tuple[int, dict[str, dict[str, tuple[np.dtype | None, tuple[int, ...]]]]]:
    """Decodes a GetModelMetadataResponse.

    Returns:
        The version's number, and of each signature the dtype (None for bytes) and the shape (-1 is any size) of its inputs.
    """
    response = _MESSAGES["MetadataResponse"].FromString(data)
    found = {item.key: item.value.value for item in response.metadata}
    signatures = _MESSAGES["SignatureMap"].FromString(found["signature_def"]).signature_def
    inputs = {item.key: {entry.key: _info(entry.value) for entry in item.value.inputs} for item in signatures}
    return response.model_spec.version.value, inputs


def _specify(message: Any, spec: ModelSpec) -> None:
    message.name = spec.name
    if spec.version is not None:
        message.version.value = spec.version
    if spec.label is not None:
        message.version_label = spec.label


def _info(info: Any) -> tuple[np.dtype | None, tuple[int, ...]]:
    dtype = _DTYPES.get(info.dtype)
    return dtype and np.dtype(dtype), tuple(dim.size for dim in info.tensor_shape.dim)


def _write(tensor: Any, array: np.ndarray) -> None:
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if array.dtype == object:
        tensor.dtype = _STRING
        tensor.string_val.extend(array.ravel().tolist())
    else:
        tensor.dtype = _NUMBERS[array.dtype]
        tensor.tensor_content = array.tobytes()


def _read(tensor: Any) -> np.ndarray:
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.dtype == _STRING:
        values = _strings(tensor.tensor_content, math.prod(shape)) if tensor.tensor_content else list(tensor.string_val)
        array = np.empty(len(values), object)
        array[:] = values
        return array.reshape(shape)
    dtype = _DTYPES[tensor.dtype]
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, dtype).reshape(shape).copy()  # so that the caller may write to it
    # TensorFlow Serving's default: numbers one by one, without those at the end that repeat the last one.
    given = np.array(tensor.float_val if dtype is np.float32 else tensor.int_val, dtype)
    return np.pad(given, (0, math.prod(shape) - given.size), mode="edge" if given.size else "constant").reshape(shape)


def _strings(content: bytes, count: int) -> list[bytes]:
    """Reads strings as TensorFlow packs them in a tensor's content: all lengths as varints, then all strings."""
    sizes, place = [], 0
    for _ in range(count):
        size, shift = 0, 0
        while True:
            byte = content[place]
            size, shift, place = size | (byte & 127) << shift, shift + 7, place + 1
            if byte < 128:
                break
        sizes.append(size)
    ends = list(accumulate(sizes, initial=place))
    return [content[begin:end] for begin, end in pairwise(ends)]
