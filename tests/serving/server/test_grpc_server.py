from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from tfhd.serving.server.grpc_server import GrpcServer, ModelService, PredictionService
from tfhd.serving.server.memory import Memory
from tfhd.serving.server.metrics import Metrics
from tfhd.serving.server.prediction import Answer
from tfhd.serving.server.repository import Repository

PREDICT = "/tensorflow.serving.PredictionService/Predict"
MIB = 2**20


class Waiting:
    """A predictor that answers nothing before it may."""

    def __init__(self) -> None:
        self.asked, self.may_go = threading.Event(), threading.Event()

    def signature(self, _: object) -> SignatureDef:
        text = SignatureDef()
        text.inputs["text"].dtype = tf.string.as_datatype_enum
        text.inputs["text"].tensor_shape.dim.add(size=-1)
        return text

    def check_size(self, *_: object) -> None:
        pass

    def predict(self, *_: object) -> Answer:
        self.asked.set()
        self.may_go.wait()
        return Answer(1, {})


@contextmanager
def serving(predictor: Waiting, memory: Memory | None = None) -> Iterator[tuple[grpc.Channel, GrpcServer]]:
    prediction = PredictionService(predictor, Metrics(lambda _: False), tensor_content=True)
    models = ModelService(Repository(print))
    server = GrpcServer(prediction, models, ["127.0.0.1:0"], None, memory or Memory(1024 * MIB), connections=64)
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel, server
    server.stop(5)


@contextmanager
def stalled(channel: grpc.Channel, calls: int, method: str = PREDICT) -> Iterator[list[grpc.Future]]:
    """Calls that send their headers and nothing more."""
    end = threading.Event()

    def nothing() -> Iterator[bytes]:
        end.wait()
        return
        yield

    try:
        yield [channel.stream_unary(method).future(nothing()) for _ in range(calls)]
    finally:
        end.set()


def status_code(channel: grpc.Channel) -> str:
    with pytest.raises(grpc.RpcError) as error:
        ModelServiceStub(channel).GetModelStatus(GetModelStatusRequest(model_spec={"name": "nothing"}), timeout=20)
    return error.value.code().name


def text_request(length: int) -> PredictRequest:
    request = PredictRequest()
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(np.array([b"x" * length], object)))
    return request


def test_status_is_told_and_what_is_too_much_refused_while_hundreds_wait() -> None:
    predictor = Waiting()
    with serving(predictor) as (channel, _):
        try:
            asked = [PredictionServiceStub(channel).Predict.future(PredictRequest(), timeout=60) for _ in range(300)]
            assert status_code(channel) == "NOT_FOUND"
        finally:
            predictor.may_go.set()
        codes = Counter(each.code().name for each in asked)
    assert set(codes) == {"OK", "UNAVAILABLE"}
    assert codes["OK"] >= 240


def test_everything_is_answered_while_hundreds_of_calls_have_sent_their_headers_alone() -> None:
    predictor = Waiting()
    predictor.may_go.set()
    methods = [PREDICT, "/tensorflow.serving.ModelService/GetModelStatus", "/grpc.health.v1.Health/Check"]
    with (
        serving(predictor) as (channel, server),
        grpc.insecure_channel(f"127.0.0.1:{server.port}", [("own", 1)]) as other,
        stalled(channel, 400, methods[0]) as first,
        stalled(channel, 400, methods[1]),
        stalled(channel, 200, methods[2]),
    ):
        assert status_code(other) == "NOT_FOUND"
        health = health_pb2_grpc.HealthStub(other).Check(health_pb2.HealthCheckRequest(), timeout=20)
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        assert PredictionServiceStub(other).Predict(PredictRequest(), timeout=20).model_spec.version.value == 1
        assert not any(call.done() for call in first)


def test_a_server_that_stops_answers_what_it_took_and_refuses_what_comes() -> None:
    predictor = Waiting()
    with serving(predictor) as (channel, server):
        stub = PredictionServiceStub(channel)
        taken = stub.Predict.future(PredictRequest(), timeout=60)
        predictor.asked.wait()
        stopping = threading.Thread(target=server.stop, args=(60,))
        stopping.start()
        codes = set()
        while "UNAVAILABLE" not in codes:
            codes.add(stub.Predict.future(PredictRequest(), timeout=0.5).code().name)
        assert codes <= {"UNAVAILABLE", "DEADLINE_EXCEEDED"}, "before it began to stop, one waits in vain"
        assert not taken.done()
        predictor.may_go.set()
        assert taken.code() is grpc.StatusCode.OK
        stopping.join()


def test_calls_without_a_message_do_not_hold_up_a_server_that_stops() -> None:
    predictor = Waiting()
    predictor.may_go.set()
    with serving(predictor) as (channel, server):
        PredictionServiceStub(channel).Predict(PredictRequest(), timeout=20)  # connected
        with stalled(channel, 20) as calls:
            assert status_code(channel) == "NOT_FOUND"  # they came before this
            server.stop(600)
            assert {call.code().name for call in calls} == {"UNAVAILABLE"}


def test_requests_in_flight_are_bounded_together() -> None:
    predictor = Waiting()
    with serving(predictor, Memory(8 * MIB)) as (channel, _):
        stub = PredictionServiceStub(channel)
        first = stub.Predict.future(text_request(3 * MIB), timeout=60)
        predictor.asked.wait()
        with pytest.raises(grpc.RpcError) as error:
            stub.Predict(text_request(3 * MIB), timeout=20)
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "--max-requests-mb" in error.value.details()
        predictor.may_go.set()
        assert first.result()
        assert stub.Predict(text_request(3 * MIB), timeout=20)


def test_what_an_abandoned_request_took_is_free_again() -> None:
    predictor = Waiting()
    with serving(predictor, Memory(8 * MIB)) as (channel, _):
        stub = PredictionServiceStub(channel)
        abandoned = stub.Predict.future(text_request(3 * MIB), timeout=60)
        predictor.asked.wait()
        abandoned.cancel()
        predictor.may_go.set()
        codes = set()
        while "OK" not in codes:
            codes.add(stub.Predict.future(text_request(3 * MIB), timeout=20).code().name)
        assert codes <= {"OK", "RESOURCE_EXHAUSTED"}


def test_requests_that_arrive_slowly_are_refused_when_memory_is_used_up() -> None:
    predictor = Waiting()
    predictor.may_go.set()
    with serving(predictor, Memory(1024 * MIB, most_resident=1)) as (channel, _), stalled(channel, 20) as calls:
        assert {call.code().name for call in calls} == {"RESOURCE_EXHAUSTED"}
        with pytest.raises(grpc.RpcError) as error:
            PredictionServiceStub(channel).Predict(PredictRequest(), timeout=20)
        assert "--max-memory-mb" in error.value.details()


def test_a_call_that_ends_without_a_message_is_told_so() -> None:
    with serving(Waiting()) as (channel, _), pytest.raises(grpc.RpcError) as error:
        channel.stream_unary(PREDICT)(iter(()), timeout=20)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_message_that_is_no_request_is_told_so() -> None:
    with serving(Waiting()) as (channel, _), pytest.raises(grpc.RpcError) as error:
        channel.unary_unary(PREDICT)(b"\xff\xff\xff", timeout=20)
    assert error.value.details() == "the request is no PredictRequest"
