from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from tfhd.serving.server.grpc_server import GrpcServer, ModelService, PredictionService
from tfhd.serving.server.metrics import Metrics
from tfhd.serving.server.prediction import Answer
from tfhd.serving.server.repository import Repository


class Waiting:
    """A predictor that answers nothing before it may."""

    def __init__(self) -> None:
        self.asked, self.may_go = threading.Event(), threading.Event()

    def signature(self, _: object) -> SignatureDef:
        return SignatureDef()

    def predict(self, *_: object) -> Answer:
        self.asked.set()
        self.may_go.wait()
        return Answer(1, {})


@contextmanager
def serving(predictor: Waiting) -> Iterator[tuple[grpc.Channel, GrpcServer]]:
    prediction = PredictionService(predictor, Metrics(lambda _: False), tensor_content=True)
    server = GrpcServer(prediction, ModelService(Repository(print)), "127.0.0.1:0", None)
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel, server
    server.stop(5)


def test_status_is_told_and_what_is_too_much_refused_while_hundreds_wait() -> None:
    predictor = Waiting()
    with serving(predictor) as (channel, _):
        try:
            asked = [PredictionServiceStub(channel).Predict.future(PredictRequest(), timeout=60) for _ in range(300)]
            with pytest.raises(grpc.RpcError) as error:
                ModelServiceStub(channel).GetModelStatus(GetModelStatusRequest(model_spec={"name": "nothing"}), timeout=20)
            assert error.value.code() is grpc.StatusCode.NOT_FOUND
        finally:
            predictor.may_go.set()
        codes = Counter(each.code().name for each in asked)
    assert set(codes) == {"OK", "UNAVAILABLE"}
    assert codes["OK"] >= 240


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
