"""The files in serving/deploy, as far as they can be tested without Docker or Kubernetes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import tyro
import yaml

from tfhd.serving.server.config_files import read_batching
from tfhd.serving.server.flags import Flags, TensorFlowServingFlags
from tfhd.serving.server.other_flags import WITHOUT_EFFECT, require_local_flags, translated

DEPLOY = Path(__file__).resolve().parents[2] / "serving" / "deploy"


def commands() -> dict[str, list[str]]:
    """The flags that each file starts tensorflow_model_server with."""
    compose = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text(encoding="utf-8"))
    deployment, _ = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    found = {name: service["command"] for name, service in compose["services"].items()}
    return found | {"kubernetes": deployment["spec"]["template"]["spec"]["containers"][0]["args"]}


@pytest.mark.parametrize("name", ["cpu", "gpu", "kubernetes"])
def test_the_server_is_started_with_flags_that_it_has_and_files_that_exist(name: str) -> None:
    known = {field.name for field in dataclasses.fields(TensorFlowServingFlags)} | set(WITHOUT_EFFECT)
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in commands()[name])
    assert set(flags) <= known
    for value in flags.values():
        if value.startswith("/config/"):
            assert (DEPLOY / value.removeprefix("/config/")).is_file()


@pytest.mark.parametrize("name", ["cpu", "kubernetes"])
def test_requests_beyond_what_may_wait_for_a_batch_get_the_code_that_clients_repeat(name: str) -> None:
    (threads,) = (flag.partition("=")[2] for flag in commands()[name] if flag.startswith("--grpc_max_threads="))
    batching = read_batching(DEPLOY / "batching.config")
    # TensorFlow Serving holds a thread for each request, and answers RESOURCE_EXHAUSTED where there is none.
    assert int(threads) > (batching.options.max_enqueued_batches + batching.threads) * batching.options.max_batch_size


@pytest.mark.parametrize("name", ["cpu", "kubernetes"])
def test_the_local_server_takes_the_same_command_line(name: str) -> None:
    flags = tyro.cli(Flags, args=translated(commands()[name]))
    require_local_flags(flags)
    assert (flags.enable_batching, flags.enable_serialization_as_tensor_content) == (True, True)
    # Labels are checked before versions are loaded: TensorFlow Serving would not start with models.config's otherwise.
    assert flags.allow_version_labels_for_unavailable_models


def test_compose_and_kubernetes_start_the_same_server() -> None:
    cpu, gpu, kubernetes = commands().values()
    assert cpu == gpu == kubernetes


def test_the_mounted_folder_is_the_one_that_the_models_are_in() -> None:
    compose = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text(encoding="utf-8"))
    (folder,) = (volume.split(":")[-2] for volume in compose["services"]["cpu"]["volumes"] if volume.startswith("${MODEL_BASE"))
    assert f'base_path: "{folder}"' in (DEPLOY / "models.config").read_text(encoding="utf-8")
    _, service = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert [port["port"] for port in service["spec"]["ports"]] == [8500, 8501]
