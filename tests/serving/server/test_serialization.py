from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from tensorflow.core.framework.tensor_pb2 import TensorProto

from benchmarks.server import predict_request
from tests.forked_server import Server
from tests.serving.echo_model import save_echo_model
from tfhd_client import messages

VALUES = {
    "float": (np.array([0.2, np.nan, 3], np.float32), "float_val"),
    "double": (np.array([0.2, 3]), "double_val"),
    "small": (np.array([0, 255, 255], np.uint8), "int_val"),
    "whole": (np.array([-5, 7, 7], np.int32), "int_val"),
    "long": (np.array([2**40, 0]), "int64_val"),
    "flag": (np.array([True, False]), "bool_val"),
    "text": (np.array([b"a", b"", b"x" * 300], object), "string_val"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_echo_model(tmp_path_factory.mktemp("echo") / "model")


def answered(server: Server, name: str) -> TensorProto:
    value, _ = VALUES[name]
    with server.channel() as channel:
        return server.predict(channel, predict_request({name: value}, name)).outputs[name]


@pytest.fixture(scope="module")
def by_number(base: Path) -> Iterator[Server]:
    with Server(base) as server:
        yield server


@pytest.fixture(scope="module")
def by_content(base: Path) -> Iterator[Server]:
    with Server(base, "--enable-serialization-as-tensor-content") as server:
        yield server


@pytest.mark.parametrize("name", VALUES)
def test_values_are_sent_one_by_one_where_clients_of_other_languages_look_for_them(by_number: Server, name: str) -> None:
    value, field = VALUES[name]
    tensor = answered(by_number, name)
    assert not tensor.tensor_content
    np.testing.assert_array_equal(np.array(getattr(tensor, field), value.dtype), value)


@pytest.mark.parametrize("name", VALUES)
def test_an_answer_of_either_kind_can_be_sent_as_a_request(by_number: Server, by_content: Server, name: str) -> None:
    for server in (by_number, by_content):
        request = predict_request({}, name)
        request.inputs[name].CopyFrom(answered(server, name))
        with server.channel() as channel:
            assert server.predict(channel, request).outputs[name] == answered(server, name)


@pytest.mark.parametrize("name", ["small", "flag", "text"])
def test_values_that_are_left_out_are_zeros_and_empty_strings(by_number: Server, name: str) -> None:
    value, field = VALUES[name]
    request = predict_request({name: value}, name)
    request.inputs[name].ClearField("tensor_content")
    request.inputs[name].ClearField(field)
    with by_number.channel() as channel:
        answer = by_number.predict(channel, request).outputs[name]
    assert list(getattr(answer, field)) == [b"" if name == "text" else 0] * len(value)


@pytest.mark.parametrize("content", [b"\x01", b"\x01a\x05", b"\xff" * 40 + b"\x01", b"\x01\x01\x01abcd"])
def test_damaged_lengths_of_strings_are_refused(by_number: Server, content: bytes) -> None:
    request = predict_request({"text": VALUES["text"][0]}, "text")
    tensor = request.inputs["text"]
    tensor.ClearField("string_val")
    tensor.tensor_content = content
    with by_number.channel() as channel, pytest.raises(grpc.RpcError, match="input text holds no valid tensor") as error:
        by_number.predict(channel, request)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("name", VALUES)
def test_with_the_flag_values_are_sent_as_bytes(by_content: Server, name: str) -> None:
    value, field = VALUES[name]
    tensor = answered(by_content, name)
    assert not getattr(tensor, field)
    if value.dtype == object:
        # All lengths, seven bits in a byte, and then all strings: what TensorFlow's EncodeStringList writes.
        assert tensor.tensor_content == bytes([1, 0, 0b10101100, 0b10]) + b"a" + b"x" * 300
    else:
        assert tensor.tensor_content == value.tobytes()


@pytest.mark.parametrize("server", ["by_number", "by_content"])
@pytest.mark.parametrize("name", ["float", "small", "whole", "text"])
def test_the_client_reads_both(request: pytest.FixtureRequest, server: str, name: str) -> None:
    value, _ = VALUES[name]
    request_bytes = messages.predict_request(messages.ModelSpec("default"), name, {name: value})
    with request.getfixturevalue(server).channel() as channel:
        call = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        _, outputs = messages.predict_response(call(request_bytes, timeout=60))
    found = outputs[name]
    np.testing.assert_array_equal(found, value)
    assert found.dtype == value.dtype
