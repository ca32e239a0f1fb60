"""The server in a process of its own, as it is run."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, ModelVersionStatus

from tests.forked_server import Server
from tests.serving.protocol.conftest import Asked
from tests.tiny_run import street
from tfhd.serving.in_process.local_model import LocalModel
from tfhd_client import TLS, Client, Code, ServingError

DEPLOY = Path(__file__).resolve().parents[3] / "serving" / "deploy"


def asked(server: Server) -> Asked:
    return Asked(server.address, server.rest_address, "default", None, 7)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come to pass within a minute"
        time.sleep(0.05)


def test_what_is_in_flight_is_answered_and_what_is_new_refused_when_the_server_ends(model_base: Path) -> None:
    with Server(model_base) as server:
        model = asked(server)
        request = model.request(model.maps(512, 1024))
        in_flight = [model.stub.Predict.future(request, timeout=120) for _ in range(8)]
        # All were sent before the first was answered.
        assert in_flight[0].result().outputs["image"]
        ending = threading.Thread(target=server.terminate)
        ending.start()
        assert not in_flight[-1].done()

        def outcome() -> str:
            try:
                model.predict(model.maps())
            except grpc.RpcError as error:
                return error.code().name
            return "OK"

        outcomes = []
        wait_until(lambda: outcomes.append(outcome()) or outcomes[-1] != "OK")
        assert outcomes[-1] == "UNAVAILABLE"
        assert [each.result().outputs["image"] for each in in_flight] == [in_flight[0].result().outputs["image"]] * 8
        ending.join()
        assert server.wait() == 0


class Load:
    """Clients that ask all the time; what they got by version and code."""

    def __init__(self, model: Asked) -> None:
        self.seen: Counter[tuple[int, str]] = Counter()
        self._model, self._stop = model, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                answer = self._model.stub.Predict(self._model.request(self._model.maps()), timeout=60)
            except grpc.RpcError as error:
                self.seen[0, error.code().name] += 1
            else:
                self.seen[answer.model_spec.version.value, "OK"] += 1


def test_versions_change_under_load_without_a_failed_request(model_base: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(model_base / "1", base / "1")

    def drop_in(number: int, *, broken: bool = False) -> None:
        partial = base / f".{number}"
        shutil.copytree(model_base / "1", partial)
        if broken:
            (partial / "saved_model.pb").write_bytes(b"no model")
        partial.rename(base / str(number))

    def state(number: int) -> ModelVersionStatus:
        request = GetModelStatusRequest()
        request.model_spec.name = "default"
        found = {each.version: each for each in model.models.GetModelStatus(request).model_version_status}
        return found.get(number, ModelVersionStatus())

    with Server(base, "--enable-batching") as server:
        model = asked(server)
        with Load(model) as load:
            wait_until(lambda: load.seen[1, "OK"] >= 10)
            drop_in(2)
            wait_until(lambda: load.seen[2, "OK"] >= 10)
            wait_until(lambda: state(1).state == ModelVersionStatus.END)
            drop_in(3, broken=True)
            wait_until(lambda: state(3).status.error_code != 0)
            before = load.seen[2, "OK"]
            wait_until(lambda: load.seen[2, "OK"] >= before + 10)
        assert set(load.seen) == {(1, "OK"), (2, "OK")}
        assert "cannot load the model" in state(3).status.error_message
        assert state(2).state == ModelVersionStatus.AVAILABLE


def test_an_encrypted_port_answers_those_who_trust_it(model_base: Path, tmp_path: Path) -> None:
    subprocess.run([DEPLOY / "tls.sh", "localhost", tmp_path], check=True, capture_output=True)
    with Server(model_base, "--ssl-config-file", str(tmp_path / "tls.config")) as server:
        address = f"localhost:{server.address.rpartition(':')[2]}"
        label, instance = street(32, 48)
        with Client(address, tls=TLS(tmp_path / "ca.pem")) as client, LocalModel(model_base) as model:
            np.testing.assert_array_equal(client.synthesize(label, instance), model.synthesize(label, instance))
        with Client(address, timeout=2) as client, pytest.raises(ServingError) as error:
            client.synthesize(label, instance)
        assert error.value.code is Code.UNAVAILABLE


def test_health_and_metrics_tell_how_it_does(model_base: Path) -> None:
    options = "--monitoring-config-file", str(DEPLOY / "monitoring.config"), "--rest_api_timeout_in_ms=0"
    with Server(model_base, *options) as server:
        model = asked(server)
        with server.channel() as channel:
            for name in ("", "PredictionService", "ModelService"):
                health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name))
                assert health.status == health_pb2.HealthCheckResponse.SERVING
        for _ in range(3):
            model.predict(model.maps())
        for name in ("nothing", "nothing else"):
            with pytest.raises(grpc.RpcError):
                model.predict(model.maps(), model=name)
            assert httpx.post(f"http://{server.rest_address}/v1/models/{name}:predict", content="{").status_code == 400
        text = httpx.get(f"http://{server.rest_address}/monitoring/prometheus/metrics").text
        assert ':tensorflow:serving:request_count{model_name="default",status="OK"} 3.0' in text
        assert ':tensorflow:serving:request_count{model_name="unknown",status="NOT_FOUND"} 2.0' in text
        assert "# TYPE :tensorflow:serving:request_count counter" in text
        timed = [line for line in text.splitlines() if line.startswith(":tensorflow:serving:request_latency_count")]
        labels = '{API="Predict",entrypoint="GRPC",model_name="default"}'
        assert timed == [f":tensorflow:serving:request_latency_count{labels} 3.0"], "requests that fail are not timed"
        assert "nothing" not in text, "names that clients make up would fill the server's memory"


def test_pictures_that_nobody_waits_for_any_more_are_not_painted(model_base: Path) -> None:
    with Server(model_base, "--monitoring-config-file", str(DEPLOY / "monitoring.config")) as server:
        model = asked(server)
        request = model.request(model.maps(512, 1024))
        asking = [model.stub.Predict.future(request, timeout=120) for _ in range(16)]
        assert asking[0].result().outputs["image"]
        for each in asking:
            each.cancel()
        assert model.predict(model.maps())["image"].shape == (1, 64, 96, 3)
        text = httpx.get(f"http://{server.rest_address}/monitoring/prometheus/metrics").text
        assert ':tensorflow:serving:request_count{model_name="default",status="CANCELLED"}' in text


def filled(dtype: tf.DType, *shape: int) -> TensorProto:
    """A few bytes that stand for as many numbers as the shape says."""
    tensor = TensorProto(dtype=dtype.as_datatype_enum, tensor_shape={"dim": [{"size": size} for size in shape]})
    tensor.string_val.extend([b""]) if dtype == tf.string else tensor.int_val.extend([7])
    return tensor


@pytest.mark.parametrize(
    ("signature", "name", "tensor"),
    [
        ("synthesize", "label", filled(tf.uint8, 16, 4096, 4096, 1)),
        ("synthesize", "label", filled(tf.complex128, 1, 16384, 16384, 1)),
        ("synthesize", "style_index", filled(tf.int32, 1, 2**40)),
        ("synthesize", "style_index", filled(tf.int32, 1, 2**25)),
        ("serving_default", "label_bytes", filled(tf.string, 100_000_000)),
        ("styles", "class_id", filled(tf.int32, 3_000_000)),
    ],
)
def test_a_few_bytes_cannot_take_much_memory(few_bytes: Server, signature: str, name: str, tensor: TensorProto) -> None:
    model = asked(few_bytes)
    request = model.request({}, signature)
    request.inputs[name].CopyFrom(tensor)
    if name == "label":
        request.inputs["instance"].CopyFrom(filled(tf.uint16, 16, 4096, 4096, 1))
    before = few_bytes.resident_bytes()
    with pytest.raises(grpc.RpcError) as error:
        model.stub.Predict(request, timeout=60)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert few_bytes.resident_bytes() < before + 300 * 2**20


def field(tag: int, content: bytes) -> bytes:
    """A field of a message whose length is below 2**28."""
    length = len(content)
    return bytes([tag, *(length >> shift & 127 | 128 for shift in (0, 7, 14)), length >> 21]) + content


SMALL_PARTS = {
    "filters": b"\x1a\x00" * 10_000_000,
    "sizes": field(0x12, field(0x0A, b"label") + field(0x12, field(0x12, b"\x12\x00" * 10_000_000))),
    "inputs": b"".join(field(0x12, field(0x0A, b"%x" % number)) for number in range(500_000)),
    "numbers": field(0x12, field(0x0A, b"label") + field(0x12, b"\x38\x07" * 200_000)),
}


@pytest.mark.parametrize("parts", SMALL_PARTS)
def test_a_message_of_very_many_parts_costs_little(few_bytes: Server, parts: str) -> None:
    message = asked(few_bytes).request({}).SerializeToString() + SMALL_PARTS[parts]
    before = few_bytes.resident_bytes()
    with few_bytes.channel() as channel, pytest.raises(grpc.RpcError, match="fields") as error:
        channel.unary_unary("/tensorflow.serving.PredictionService/Predict")(message, timeout=60)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert few_bytes.resident_bytes() < before + 100 * 2**20


@pytest.fixture(scope="module")
def few_bytes(model_base: Path) -> Iterator[Server]:
    with Server(model_base) as server:
        yield server


def test_a_picture_beyond_the_bound_is_refused(model_base: Path) -> None:
    with Server(model_base, "--max-pixels", "6143") as server:
        model = asked(server)
        with pytest.raises(grpc.RpcError) as error:
            model.predict(model.maps(64, 96))
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "--max-pixels" in error.value.details()
        assert model.predict(model.maps(64, 80))["image"].shape == (1, 64, 80, 3)
