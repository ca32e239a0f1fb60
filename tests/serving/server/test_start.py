"""Servers started as they are in compose and Kubernetes files, asked where they listen."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest

from tests.forked import Forked
from tests.forked_server import Server
from tests.serving.protocol.conftest import Asked
from tests.serving.server.test_local_server import wait_until
from tests.tiny_run import street
from tfhd.serving.in_process.local_model import LocalModel
from tfhd_client import Client, ServingError

ROOT = Path(__file__).resolve().parents[3]
SPLIT = "max_batch_size { value: 4 } enable_large_batch_splitting { value: true } max_execution_batch_size { value: 2 }"


@pytest.fixture(scope="module")
def files(model_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models.config, a model that is batched as its version says, and one that is not batched."""
    folder = tmp_path_factory.mktemp("files")
    shutil.copytree(model_base / "1", folder / "batched" / "001")
    (folder / "batched" / "001" / "batching_params.pbtxt").write_text(SPLIT)
    (folder / "plain").symlink_to(model_base)
    (folder / "models.config").write_text(models(folder, ""))
    (folder / "batching.config").write_text("max_batch_size { value: 1 }")
    return folder


def models(folder: Path, labels: str) -> str:
    entry = 'config {{ name: "{0}" base_path: "{1}/{0}" model_platform: "tensorflow" {2} }} '
    return f"model_config_list {{ {entry.format('batched', folder, labels)} {entry.format('plain', folder, '')} }}"


@pytest.fixture(scope="module")
def server(files: Path) -> Iterator[Server]:
    """Listens on ::1 and on a Unix socket, and reads its models' labels anew."""
    flags = {
        "model_config_file": files / "models.config",
        "model_config_file_poll_wait_seconds": 1,
        "host": "::1",
        "port": free_port(),
        "grpc_socket_path": files / "grpc.sock",
        "enable_batching": "true",
        "batching_parameters_file": files / "batching.config",
        "enable_per_model_batching_parameters": "true",
        "enable_serialization_as_tensor_content": "false",
        "flush_filesystem_caches": "false",
    }
    with Server(None, *(f"--{name}={value}" for name, value in flags.items())) as started:
        yield started


def free_port() -> int:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        return taken.getsockname()[1]


def test_a_server_is_asked_over_ipv6_and_a_unix_socket(server: Server, files: Path, model_base: Path) -> None:
    expected = LocalModel(model_base).synthesize(*street(32, 48))
    assert server.address.startswith("[::1]:")
    for address in (server.address, f"dns:{server.address}", f"unix:{files / 'grpc.sock'}"):
        with Client(address, model="batched") as client:
            np.testing.assert_array_equal(client.synthesize(*street(32, 48)), expected)
    assert server.rest_address.startswith("[::1]:")
    (status,) = httpx.get(f"http://{server.rest_address}/v1/models/batched").json()["model_version_status"]
    assert (status["version"], status["state"]) == ("1", "AVAILABLE")


def test_batches_are_those_of_the_version_and_there_are_none_without_its_file(server: Server) -> None:
    def samples(model: str, count: int) -> np.ndarray:
        asked = Asked(server.address, None, model, None, 7)
        return asked.predict(asked.maps(samples=count))["image"]

    # Batches of 2 by the version's own file, into which a request of 3 is split; the server's own file says 1.
    np.testing.assert_array_equal(samples("batched", 3)[:2], samples("batched", 2))
    with pytest.raises(grpc.RpcError) as error:
        samples("batched", 5)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert len(samples("plain", 5)) == 5


def test_a_label_is_given_to_a_version_that_is_loaded(server: Server, files: Path) -> None:
    def is_known(label: str) -> bool:
        try:
            with Client(server.address, model="batched", label=label) as client:
                return client.synthesize(*street(32, 48)).shape == (32, 48, 3)
        except ServingError as error:
            if "has no version label" not in str(error):
                raise
            return False

    assert not is_known("stable")
    (files / "models.config").write_text(models(files, 'version_labels { key: "stable" value: 1 }'))
    wait_until(lambda: is_known("stable"))

    asked = Asked(server.address, None, "batched", None, 7)
    request = ReloadConfigRequest()
    added = request.config.model_config_list.config.add(name="batched", base_path=f"{files}/batched", model_platform="tensorflow")
    added.version_labels["next"] = 2
    with pytest.raises(grpc.RpcError, match="not loaded") as error:
        asked.models.HandleReloadConfigRequest(request, timeout=60)
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert is_known("stable")


def start(*arguments: object) -> Forked:
    command = [sys.executable, "-m", "serving", "serve", "--port=0", "--rest_api_port=0", *map(str, arguments)]
    return Forked(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_model_that_is_not_there_yet_is_waited_for(model_base: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    with start(f"--model_base_path={later}") as process:
        assert f"{later}: no such folder" in next(line for line in process.stderr if "waiting for it" in line)
        shutil.copytree(model_base, later)
        assert process.stdout.readline().startswith("Serving default")
        process.terminate()
        assert process.wait(60) == 0


def test_a_server_that_waits_for_a_model_can_be_stopped(tmp_path: Path) -> None:
    with start(tmp_path / "never") as process:
        assert next(line for line in process.stderr if "waiting for it" in line)
        process.terminate()
        assert process.wait(60) == 0


def test_labels_hold_at_the_start_with_the_flag_alone(files: Path, tmp_path: Path) -> None:
    config = tmp_path / "models.config"
    config.write_text(models(files, 'version_labels { key: "stable" value: 1 }'))
    with start(f"--model_config_file={config}") as process:
        assert process.wait(60) == 2
        error = process.stderr.read()
    assert "label 'stable' names version 1, which is not loaded" in error
    assert "--allow-version-labels-for-unavailable-models" in error
    with start(f"--model_config_file={config}", "--allow_version_labels_for_unavailable_models=true") as process:
        assert process.stdout.readline().startswith("Serving batched")
        process.terminate()
        assert process.wait(60) == 0
