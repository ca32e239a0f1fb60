"""How the client finds its server, stays with it, and proves who it is: over real sockets."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
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
from tests.serving.server.test_local_server import wait_until
from tests.tiny_run import LABEL_SET, street, tiny_config, write_run
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.serving.synthesize.command import main
from tfhd_client import TLS, AsyncClient, Client, Code, ServingError, id_png, read_photo

DEPLOY = Path(__file__).resolve().parents[3] / "serving" / "deploy"
MAPS = street(32, 48)


@pytest.fixture(scope="module")
def server(model_base: Path) -> Iterator[Server]:
    with Server(model_base) as started:
        yield started


class Relay(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Sends requests on to a server, and keeps what came with them."""

    def __init__(self, stub: prediction_service_pb2_grpc.PredictionServiceStub) -> None:
        self.metadata: list[dict[str, str]] = []
        self._stub = stub

    def Predict(self, request: PredictRequest, context: grpc.ServicerContext):
        self.metadata.append(dict(context.invocation_metadata()))
        return self._stub.Predict(request)

    def GetModelMetadata(self, request: GetModelMetadataRequest, context: grpc.ServicerContext):
        self.metadata.append(dict(context.invocation_metadata()))
        return self._stub.GetModelMetadata(request)


@contextmanager
def relay(to: str, address: str = "127.0.0.1:0", tls: grpc.ServerCredentials | None = None) -> Iterator[tuple[int, Relay]]:
    """A server of its own that asks another one; yields its port."""
    with grpc.insecure_channel(to) as channel:
        server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        service = Relay(prediction_service_pb2_grpc.PredictionServiceStub(channel))
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
        port = server.add_secure_port(address, tls) if tls else server.add_insecure_port(address)
        server.start()
        try:
            yield port, service
        finally:
            server.stop(0).wait()


def ask(kind: str, address: str, **options: object) -> np.ndarray:
    if kind == "blocking":
        with Client(address, **options) as client:
            return client.synthesize(*MAPS)

    async def awaited() -> np.ndarray:
        async with AsyncClient(address, **options) as client:
            return await client.synthesize(*MAPS)

    return asyncio.run(awaited())


@pytest.mark.parametrize("kind", ["blocking", "async"])
@pytest.mark.parametrize("place", ["nobody", "silent", "REST"])
def test_a_wrong_port_is_told_long_before_the_time_is_over(server: Server, kind: str, place: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        if place == "nobody":
            silent.close()
        begin = time.monotonic()
        with pytest.raises(ServingError, match=r"not available .*is a server there") as error:
            ask(kind, server.rest_address if place == "REST" else address, timeout=600)
    assert error.value.code is Code.UNAVAILABLE
    assert time.monotonic() - begin < 120, "it would wait for ten minutes"


def test_a_server_that_was_reached_is_waited_for_while_it_restarts(server: Server) -> None:
    with relay(server.address) as (port, _):
        client = Client(f"127.0.0.1:{port}")
        expected = client.synthesize(*MAPS)
    with ThreadPoolExecutor(1) as threads, client:
        answer = threads.submit(client.synthesize, *MAPS)
        time.sleep(6)  # longer than a server is looked for that was never reached
        with relay(server.address, f"127.0.0.1:{port}"):
            np.testing.assert_array_equal(answer.result(), expected)


def test_a_closed_client_says_so(server: Server) -> None:
    used, unused = Client(server.address), Client(server.address)
    used.synthesize(*MAPS)

    async def awaited() -> None:
        client = AsyncClient(server.address)
        await client.synthesize(*MAPS)
        await client.close()
        await client.synthesize(*MAPS)

    for client in (used, unused):
        client.close()
        with pytest.raises(InputError, match="the client is closed; make a new one"):
            client.synthesize(*MAPS)
    with pytest.raises(InputError, match="the client is closed; make a new one"):
        asyncio.run(awaited())


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_a_version_that_takes_other_inputs_is_asked_as_it_wants(exported, tmp_path: Path, kind: str) -> None:
    other = LabelSet("large", (*LABEL_SET.classes, LabelClass("bus", (300,), (0, 60, 100), True)))
    write_run(tmp_path / "run", tiny_config(5), other)
    large = export_saved_model(tmp_path / "run", tmp_path / "large")
    base = tmp_path / "base"
    shutil.copytree(exported.path, base / "1")
    label, instance = MAPS
    vectors = {26001: np.ones(5, np.float32)}

    async def awaited(address: str) -> tuple:
        async with AsyncClient(address, timeout=120) as client:
            pictures = [await client.synthesize(label, instance, 3)]
            shutil.copytree(large, base / ".2")
            (base / ".2").rename(base / "2")
            await asyncio.to_thread(wait_until, lambda: newest(address) == 2)
            pictures += [await client.synthesize(label, instance, 3)]
            return *pictures, await client.synthesize_vectors(label, instance, vectors)

    def blocking(address: str) -> tuple:
        with Client(address, timeout=120) as client:
            first = client.synthesize(label, instance, 3)
            shutil.copytree(large, base / ".2")
            (base / ".2").rename(base / "2")
            wait_until(lambda: newest(address) == 2)
            return first, client.synthesize(label, instance, 3), client.synthesize_vectors(label, instance, vectors)

    with Server(base) as server, LocalModel(exported.path) as old, LocalModel(large) as new:
        pictures = blocking(server.address) if kind == "blocking" else asyncio.run(awaited(server.address))
        expected = old.synthesize(*MAPS, 3), new.synthesize(*MAPS, 3), new.synthesize_vectors(*MAPS, vectors)
        for picture, painted in zip(pictures, expected, strict=True):
            np.testing.assert_array_equal(picture, painted)


def newest(address: str) -> int:
    with grpc.insecure_channel(address) as channel:
        request = GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "default"
        return prediction_service_pb2_grpc.PredictionServiceStub(channel).GetModelMetadata(request).model_spec.version.value


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a server's files for an address, and a client's key and certificate by the same authority."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run([DEPLOY / "tls.sh", "127.0.0.1", folder], check=True, capture_output=True)
    for command in (
        "openssl req -newkey rsa:2048 -nodes -subj /CN=client -keyout client.key -out client.csr",
        "openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -out client.pem",
    ):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_a_token_goes_with_every_request(server: Server, certificates: Path, kind: str) -> None:
    pair = ((certificates / "server.key").read_bytes(), (certificates / "server.pem").read_bytes())
    with relay(server.address, tls=grpc.ssl_server_credentials([pair])) as (port, service):
        picture = ask(kind, f"127.0.0.1:{port}", tls=TLS(certificates / "ca.pem"), token="secret")
    assert picture.shape == (32, 48, 3)
    assert [each["authorization"] for each in service.metadata] == ["Bearer secret"] * 2


def test_the_command_shows_its_own_certificate(model_base: Path, certificates: Path, tmp_path: Path) -> None:
    config = (certificates / "tls.config").read_text().replace("client_verify: false", "client_verify: true")
    authority = "".join(f'  "{line}\\n"\n' for line in (certificates / "ca.pem").read_text().splitlines())
    (tmp_path / "tls.config").write_text(f"{config}custom_ca:\n{authority}")
    for name, ids in zip(("label", "instance"), MAPS, strict=True):
        (tmp_path / f"{name}.png").write_bytes(id_png(ids))
    files = {"label": tmp_path / "label.png", "instance": tmp_path / "instance.png", "out": tmp_path / "out.png"}
    with Server(model_base, f"--ssl_config_file={tmp_path / 'tls.config'}") as server:
        options = {"server": server.address, "tls_ca": certificates / "ca.pem"}
        main(**files, **options, tls_certificate=certificates / "client.pem", tls_key=certificates / "client.key")
        with pytest.raises(InputError, match="not available"):
            main(**files, **options)
    np.testing.assert_array_equal(read_photo(tmp_path / "out.png"), LocalModel(model_base).synthesize(*MAPS))
    with pytest.raises(InputError, match="belong to an encrypted connection; give --tls-ca too"):
        main(**files, server="localhost:8500", tls_key=certificates / "client.key")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": 1, "label": "stable"}, "by its number or by its label; give one of them"),
        ({"token": "secret"}, "over encrypted connections alone; give tls too"),
        ({"token": "two words", "tls": "certificates"}, "other characters than visible ASCII"),
        ({"token": "line\n", "tls": "certificates"}, "other characters than visible ASCII"),
        ({"tls": "half"}, "go together; give both for TLS, or none"),
        ({"tls": "swapped"}, r"client\.key: holds no certificate"),
    ],
)
def test_what_does_not_go_together_is_told(certificates: Path, options: dict, message: str) -> None:
    key, certificate = certificates / "client.key", certificates / "client.pem"
    made = {
        "certificates": TLS(certificates / "ca.pem"),
        "half": TLS(certificates / "ca.pem", certificate),
        "swapped": TLS(certificates / "ca.pem", key, certificate),
    }
    with pytest.raises(InputError, match=message):
        Client(**options | ({"tls": made[options["tls"]]} if "tls" in options else {}))


GOOD = ["[::1]:8500", "dns:localhost:8500", "dns:///localhost:8500", "dns://127.0.0.1/h:1", "unix:/run/s", "unix:s", "unix:///s"]


@pytest.mark.parametrize("address", GOOD)
def test_addresses_are_those_of_grpc(address: str) -> None:
    Client(address).close()


@pytest.mark.parametrize(
    "address", ["::1:8500", "[::1]", "unix:", "dns:", "dns:localhost", "[localhost]:8500", "localhost:0", "a b:1"]
)
def test_what_is_no_address_is_told_with_what_is(address: str) -> None:
    with pytest.raises(InputError, match=r"expected HOST:PORT of its gRPC interface, \[IPV6\]:PORT, dns:HOST:PORT or unix:PATH"):
        Client(address)
