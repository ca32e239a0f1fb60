"""The flags of `tfhd serve`: those of TensorFlow Serving, by its names, and a few more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from tfhd.errors import InputError

_LONGEST = 7 * 24 * 3600


@dataclass(frozen=True)
class TensorFlowServingFlags:
    """What TensorFlow Serving and the local server both take.

    Attributes:
        model_base_path: folder that `tfhd export saved-model` wrote, with numbered versions; tensorflow_model_server also takes
            gs://BUCKET/FOLDER.
        model_name: name that clients ask for.
        port: port for gRPC; 0 takes a free one, or none where --grpc-socket-path is given.
        grpc_socket_path: Unix socket for gRPC, beside the port.
        rest_api_port: port for REST; 0 takes a free one.
        rest_api_timeout_in_ms: time for a request over REST, from its first line to its answer; 0 sets no limit.
        model_config_file: several models, their version policies and labels; MODEL_BASE and --model-name do not count then.
        model_config_file_poll_wait_seconds: pause between looks at that file for changes; 0 reads it only once.
        file_system_poll_wait_seconds: pause between looks for new versions; 0 looks only once.
        allow_version_labels_for_unavailable_models: take labels in that file for versions that are not loaded yet.
        enable_batching: compute requests of one size together.
        batching_parameters_file: how to batch; needs --enable-batching. See deploy/batching.config in the package tfhd.serving.
        enable_per_model_batching_parameters: batch only versions that have a batching_params.pbtxt beside their saved_model.pb,
            as that says; of --batching-parameters-file the threads alone count then. Without --enable-batching it does nothing.
        enable_model_warmup: run each signature once while a version is loaded, so that no client waits for what a first request
            costs.
        enable_serialization_as_tensor_content: send pictures as bytes instead of number by number: much faster, and all
            clients can read it.
        ssl_config_file: key and certificates for gRPC.
        monitoring_config_file: whether and under which path of the REST port Prometheus finds metrics.

    Raises:
        InputError: a value is out of range, or flags do not go together.
    """

    model_base_path: tyro.conf.Positional[Annotated[str | None, tyro.conf.arg(metavar="MODEL_BASE")]] = None
    model_name: str = "default"
    port: int = 8500
    grpc_socket_path: Path | None = None
    rest_api_port: int = 8501
    rest_api_timeout_in_ms: int = 30_000
    model_config_file: Path | None = None
    model_config_file_poll_wait_seconds: int = 0
    file_system_poll_wait_seconds: int = 1
    allow_version_labels_for_unavailable_models: bool = False
    enable_batching: bool = False
    batching_parameters_file: Path | None = None
    enable_per_model_batching_parameters: bool = False
    enable_model_warmup: bool = True
    enable_serialization_as_tensor_content: bool = False
    ssl_config_file: Path | None = None
    monitoring_config_file: Path | None = None

    def __post_init__(self) -> None:
        if self.model_base_path is None and self.model_config_file is None:
            raise InputError("name a folder of models, or several with --model-config-file")
        if self.batching_parameters_file and not self.enable_batching:
            raise InputError("--batching-parameters-file needs --enable-batching")
        for name, most in _MOST.items():
            _require_within(name, getattr(self, name), 0, most)


_MOST = {
    "port": 65535,
    "rest_api_port": 65535,
    "rest_api_timeout_in_ms": 1000 * _LONGEST,
    "file_system_poll_wait_seconds": _LONGEST,
    "model_config_file_poll_wait_seconds": _LONGEST,
}


@dataclass(frozen=True)
class Flags(TensorFlowServingFlags):
    """All flags of `tfhd serve`.

    Attributes:
        host: address to listen on, by default 127.0.0.1; 0.0.0.0 or :: accepts requests from other machines.
            tensorflow_model_server always does, so it is started with no other.
        max_pixels: limit for all pictures that are painted at a time; the full-size generator takes a gigabyte of memory per
            million pixels (not of tensorflow_model_server).
        max_requests_mb: limit in megabytes for what all requests in flight take together, with their answers (not of
            tensorflow_model_server).
        max_memory_mb: limit in megabytes for the server's memory, beyond which requests are refused; 0 takes 80 % of the
            machine's or the container's (not of tensorflow_model_server).
        grace_seconds: time that requests in flight have when the server stops (not of tensorflow_model_server).
        image: start this container image with Docker, for instance tensorflow/serving:2.20.0.
        other: NAME=VALUE, a flag of tensorflow_model_server that is not among these; --NAME=VALUE is the same.
    """

    host: str | None = None
    max_pixels: int = 4096 * 2048
    max_requests_mb: int = 2048
    max_memory_mb: int = 0
    grace_seconds: float = 60.0
    image: str | None = None
    other: tyro.conf.UseAppendAction[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_within("max_pixels", self.max_pixels, 1, 2**31 - 1)
        _require_within("max_requests_mb", self.max_requests_mb, 1, 2**20)
        _require_within("max_memory_mb", self.max_memory_mb, 0, 2**30)
        _require_within("grace_seconds", self.grace_seconds, 0, _LONGEST)

    @property
    def interface(self) -> str:
        """The address to listen on, an IPv6 one without brackets."""
        return "127.0.0.1" if self.host is None else self.host.removeprefix("[").removesuffix("]")

    def at(self, port: int) -> str:
        """Returns HOST:PORT of that address, an IPv6 one in brackets."""
        return f"[{self.interface}]:{port}" if ":" in self.interface else f"{self.interface}:{port}"


def is_remote(path: str) -> bool:
    """Whether a base path is the address of a folder elsewhere, which tensorflow_model_server alone can read."""
    return "://" in path


def _require_within(name: str, value: float, least: int, most: int) -> None:
    if not least <= value <= most:  # also true for NaN
        raise InputError(f"--{name.replace('_', '-')} is {value}; expected {least} to {most}")
