from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import prediction_service_pb2_grpc
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from tests.forked_server import Server
from tests.picture_files import encoded
from tests.tiny_run import LABEL_SET, street
from tfhd.errors import InputError
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.serving.synthesize.command import main
from tfhd_client import TLS, Arrays, AsyncClient, Client, Code, LabelClass, ModelDescription, ServingError, id_png, read_photo

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def address(model_base: Path) -> Iterator[str]:
    """Of a server of the model."""
    with Server(model_base) as server:
        yield server.address


@pytest.fixture(scope="module")
def model(model_base: Path) -> LocalModel:
    return LocalModel(model_base)


@pytest.fixture(scope="module")
def batching_address(model_base: Path) -> Iterator[str]:
    """Of one that takes a sample at a time, and sends pictures as bytes."""
    options = "--enable-batching", "--batching-parameters-file", str(ROOT / "serving" / "deploy" / "batching_params.pbtxt")
    with Server(model_base, *options, "--enable-serialization-as-tensor-content") as server:
        yield server.address


@pytest.mark.parametrize("kind", ["address", "batching_address"])
def test_a_server_answers_what_the_model_answers_in_this_process(
    kind: str, model: LocalModel, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue(kind)
    label, instance = street(32, 48)
    photo = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    with Client(address) as client:
        for method, arguments in (
            ("synthesize", (label, instance, 3, {26001: 1})),
            ("synthesize_vectors", (label, instance, {26002: np.ones(3, np.float32)})),
            ("synthesize_reference", (label, instance, photo, instance)),
        ):
            answer = getattr(client, method)(*arguments)
            np.testing.assert_array_equal(answer, getattr(model, method)(*arguments))
            assert answer.flags.writeable
        for styles in ({}, {26001: 1}):
            assert client.synthesize_png(label, instance, 3, styles) == model.synthesize_png(label, instance, 3, styles)
        assert client.synthesize_png(label, instance, 3) != client.synthesize_png(label, instance, 3, {26001: 2})
        assert client.classes() == [LabelClass(**dataclasses.asdict(item)) for item in LABEL_SET.classes]
        for method, arguments in (("encode", (photo, instance)), ("styles", ())):
            answer, expected = (getattr(each, method)(*arguments) for each in (client, model))
            assert list(answer) == list(expected)
            for key, value in expected.items():
                np.testing.assert_array_equal(answer[key], value)


def test_the_async_client_answers_the_same_many_at_a_time(address: str, model: LocalModel) -> None:
    label, instance = street(32, 48)
    photo = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)

    async def ask() -> tuple:
        async with AsyncClient(address) as client:
            pictures = await asyncio.gather(*(client.synthesize(label, instance, seed) for seed in range(4)))
            vectors = await client.encode(photo, instance)
            others = (
                await client.synthesize_vectors(label, instance, vectors),
                await client.synthesize_reference(label, instance, photo, instance),
            )
            png = await client.synthesize_png(label, instance, styles={26001: 1})
            return pictures, others, png, await client.styles(), await client.classes()

    pictures, others, png, styles, classes = asyncio.run(ask())
    for seed, picture in enumerate(pictures):
        np.testing.assert_array_equal(picture, model.synthesize(label, instance, seed))
    for picture in others:
        np.testing.assert_array_equal(picture, model.synthesize_reference(label, instance, photo, instance))
    assert png == model.synthesize_png(label, instance, styles={26001: 1})
    assert list(styles) == list(model.styles())
    assert classes == model.classes()


def test_what_the_server_refuses_is_told_with_its_code(address: str) -> None:
    label, instance = street(32, 48)
    with Client(address, model="nothing") as client, pytest.raises(ServingError, match="model 'nothing' is not served") as error:
        client.styles()
    assert error.value.code is Code.NOT_FOUND
    with Client(address, version=7) as client, pytest.raises(ServingError, match="no version 7 is served") as error:
        client.synthesize(label, instance)
    assert error.value.code is Code.NOT_FOUND
    with Client(address) as client, pytest.raises(ServingError, match="outside the label set tiny: 9") as error:
        client.synthesize(np.full_like(label, 9), instance)
    assert error.value.code is Code.INVALID_ARGUMENT


def test_the_command_paints_by_a_server(address: str, model: LocalModel, tmp_path: Path, capsys) -> None:
    label, instance = street(32, 48)
    for number in range(2):
        for kind, ids in (("label", label), ("instance", instance)):
            (tmp_path / kind).mkdir(exist_ok=True)
            (tmp_path / kind / f"{number}.png").write_bytes(id_png(ids))
    main(server=address, label=tmp_path / "label", instance=tmp_path / "instance", out=tmp_path / "out", seed=3)
    assert capsys.readouterr().out.splitlines()[-1] == f"{tmp_path / 'out'}: 2 PNG, by default on {address}"
    expected = model.synthesize_png(label, instance, seed=3)
    np.testing.assert_array_equal(*(read_photo(file) for file in ((tmp_path / "out" / "1.png").read_bytes(), expected)))


def test_label_files_in_colours_are_read_by_the_served_models_label_set(address: str, model: LocalModel) -> None:
    label, instance = street(32, 48)
    colors = np.zeros((256, 3), np.uint8)
    colors[7], colors[26], colors[27] = (128, 64, 128), (0, 0, 142), (0, 0, 142)
    painted, expected = encoded(colors[label]), model.synthesize(label, instance)
    with Client(address) as client:
        np.testing.assert_array_equal(client.synthesize(painted, instance), expected)
        np.testing.assert_array_equal(read_photo(client.synthesize_png(painted, instance)), expected)

    async def ask() -> np.ndarray:
        async with AsyncClient(address) as client:
            return await client.synthesize(painted, instance)

    np.testing.assert_array_equal(asyncio.run(ask()), expected)


class Failing(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Refuses the first requests with a code, and sends the others on."""

    def __init__(self, stub: prediction_service_pb2_grpc.PredictionServiceStub, code: grpc.StatusCode, times: int) -> None:
        self.asked, self._stub, self._code, self._times = 0, stub, code, times

    def Predict(self, request: PredictRequest, context: grpc.ServicerContext):
        self.asked += 1
        if self.asked <= self._times:
            context.abort(self._code, "not now")
        return self._stub.Predict(request)

    def GetModelMetadata(self, request: GetModelMetadataRequest, context: grpc.ServicerContext):
        return self._stub.GetModelMetadata(request)


@contextmanager
def failing(address: str, code: grpc.StatusCode, times: int) -> Iterator[tuple[str, Failing]]:
    server = grpc.server(ThreadPoolExecutor(4))
    with grpc.insecure_channel(address) as channel:
        service = Failing(prediction_service_pb2_grpc.PredictionServiceStub(channel), code, times)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}", service
        server.stop(0).wait()


def ask(address: str, kind: str, timeout: float) -> np.ndarray:
    label, instance = street(32, 48)
    if kind == "blocking":
        with Client(address, timeout=timeout) as client:
            return client.synthesize(label, instance)

    async def awaited() -> np.ndarray:
        async with AsyncClient(address, timeout=timeout) as client:
            return await client.synthesize(label, instance)

    return asyncio.run(awaited())


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_what_is_unavailable_is_asked_again(address: str, model: LocalModel, kind: str) -> None:
    with failing(address, grpc.StatusCode.UNAVAILABLE, 2) as (relay, service):
        np.testing.assert_array_equal(ask(relay, kind, 30), model.synthesize(*street(32, 48)))
        assert service.asked == 3


@pytest.mark.parametrize("kind", ["blocking", "async"])
@pytest.mark.parametrize("code", [Code.INTERNAL, Code.RESOURCE_EXHAUSTED, Code.DEADLINE_EXCEEDED, Code.ABORTED])
def test_what_fails_otherwise_is_asked_once(address: str, kind: str, code: Code) -> None:
    with failing(address, getattr(grpc.StatusCode, code.name), 1) as (relay, service):
        with pytest.raises(ServingError, match="not now") as error:
            ask(relay, kind, 30)
        assert error.value.code is code
        assert service.asked == 1


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_repetitions_end_with_the_time(address: str, kind: str) -> None:
    with failing(address, grpc.StatusCode.UNAVAILABLE, 10**6) as (relay, service):
        begin = time.monotonic()
        with pytest.raises(ServingError) as error:
            ask(relay, kind, 1.0)
        assert error.value.code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED), "what came last, an answer or the end of the time"
        assert service.asked >= 2
        assert time.monotonic() - begin < 20, "it would go on"


@pytest.mark.parametrize("ask", [Client.classes, Client.styles])
def test_all_classes_take_one_request_of_one_row(address: str, ask: Callable[[Client], object]) -> None:
    with failing(address, grpc.StatusCode.INTERNAL, 0) as (relay, service), Client(relay) as client:
        assert len(ask(client)) == 3
        assert service.asked == 1


def test_classes_without_an_encoder_are_described_too(plain_model_base: Path) -> None:
    with LocalModel(plain_model_base) as model:
        assert [item.name for item in model.classes()] == [item.name for item in LABEL_SET.classes]


class Recorded:
    """A transport that answers black pictures and records what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Arrays]] = []

    def describe(self) -> ModelDescription:
        return ModelDescription(np.dtype(np.uint8), 3)

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        self.calls.append((signature, inputs))
        return {"image": np.zeros((*inputs["label"].shape[:3], 3), np.uint8)}

    def close(self) -> None:
        self.calls.append(("closed", {}))


class Awaited:
    """The same, to await."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    async def describe(self) -> ModelDescription:
        return self._recorded.describe()

    async def call(self, signature: str, inputs: Arrays) -> Arrays:
        return self._recorded.call(signature, inputs)

    async def close(self) -> None:
        self._recorded.close()


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_a_transport_takes_the_place_of_a_server(kind: str) -> None:
    async def awaited() -> np.ndarray:
        async with AsyncClient(transport=Awaited(transport)) as client:
            return await client.synthesize(*street(32, 48), styles={26001: 2})

    transport = Recorded()
    if kind == "blocking":
        with Client(transport=transport) as client:
            picture = client.synthesize(*street(32, 48), styles={26001: 2})
    else:
        picture = asyncio.run(awaited())
    assert picture.shape == (32, 48, 3)
    (signature, inputs), closed = transport.calls
    assert (signature, closed) == ("synthesize", ("closed", {}))
    assert (inputs["label"].dtype, inputs["instance"].dtype) == (np.uint8, np.uint16)
    assert (inputs["style_instance"][0, 0], inputs["style_index"][0, 0]) == (26001, 2)


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e12])
def test_a_call_needs_time_that_ends(timeout: float) -> None:
    with pytest.raises(InputError, match="expected seconds above 0 and at most"):
        Client(timeout=timeout)


@pytest.mark.parametrize("address", ["", "localhost", "localhost:", ":8500", "localhost:99999", "http://localhost:8501"])
def test_an_address_has_a_host_and_a_port(address: str) -> None:
    with pytest.raises(InputError, match="expected HOST:PORT"):
        Client(address)


def test_a_file_for_tls_that_is_not_there_or_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.pem: cannot be read .*name PEM files"):
        Client(tls=TLS(tmp_path / "absent.pem"))
    (tmp_path / "other.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(InputError, match=r"other\.pem: holds no certificate"):
        Client(tls=TLS(tmp_path / "other.pem"))
