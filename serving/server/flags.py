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
        model_base_path: folder that `tfhd export saved-model` wrote, with numbered versions.
        model_name: name that clients ask for.
        port: port for gRPC; 0 takes a free one (not with tensorflow_model_server or --image).
        rest_api_port: port for REST; 0 takes a free one, as for --port.
        model_config_file: several models, their version policies and labels, instead of MODEL_BASE.
        file_system_poll_wait_seconds: pause between looks for new versions; 0 looks only once.
        enable_batching: compute requests of one size together.
        batching_parameters_file: how to batch; needs --enable-batching. See deploy/batching.config in the package tfhd.serving.
        enable_per_model_batching_parameters: let a version's own assets.extra/batching_params.pbtxt override that file.
        enable_serialization_as_tensor_content: send pictures as bytes instead of number by number: much faster, and all
            clients can read it.
        ssl_config_file: key and certificates for gRPC.
        monitoring_config_file: whether and under which path of the REST port Prometheus finds metrics.

    Raises:
        InputError: a value is out of range, or flags do not go together.
    """

    model_base_path: tyro.conf.Positional[Annotated[Path | None, tyro.conf.arg(metavar="MODEL_BASE")]] = None
    model_name: str = "default"
    port: int = 8500
    rest_api_port: int = 8501
    model_config_file: Path | None = None
    file_system_poll_wait_seconds: int = 1
    enable_batching: bool = False
    batching_parameters_file: Path | None = None
    enable_per_model_batching_parameters: bool = False
    enable_serialization_as_tensor_content: bool = False
    ssl_config_file: Path | None = None
    monitoring_config_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.model_base_path is None) == (self.model_config_file is None):
            raise InputError("name a folder of models, or several with --model-config-file, and not both")
        if self.batching_parameters_file and not self.enable_batching:
            raise InputError("--batching-parameters-file needs --enable-batching")
        _require_within("port", self.port, 0, 65535)
        _require_within("rest-api-port", self.rest_api_port, 0, 65535)
        _require_within("file-system-poll-wait-seconds", self.file_system_poll_wait_seconds, 0, _LONGEST)


@dataclass(frozen=True)
class Flags(TensorFlowServingFlags):
    """All flags of `tfhd serve`.

    Attributes:
        host: interface to listen on; 0.0.0.0 accepts requests from other machines. tensorflow_model_server always does.
        max_pixels: limit for all pictures that are painted together; the full-size generator takes a gigabyte of memory per
            million pixels (not of tensorflow_model_server).
        grace_seconds: time that requests in flight have when the server stops (not of tensorflow_model_server).
        image: start this container image with Docker, for instance tensorflow/serving:2.20.0.
    """

    host: str = "127.0.0.1"
    max_pixels: int = 4096 * 2048
    grace_seconds: float = 60.0
    image: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_within("max-pixels", self.max_pixels, 1, 2**31 - 1)
        _require_within("grace-seconds", self.grace_seconds, 0, _LONGEST)


def _require_within(flag: str, value: float, least: int, most: int) -> None:
    if not least <= value <= most:  # also true for NaN
        raise InputError(f"--{flag} is {value}; expected {least} to {most}")
