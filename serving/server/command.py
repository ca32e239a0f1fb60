from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import tyro

from tfhd.command_line import import_tensorflow_quietly, require_extra
from tfhd.errors import InputError

from .tensorflow_serving import BINARY, binary_command, image_command

_LONGEST = 7 * 24 * 3600
_PACKAGES = ("tensorflow_serving", "grpc_health", "fastapi", "uvicorn", "prometheus_client")


def main(
    model_base: tyro.conf.Positional[Annotated[Path | None, tyro.conf.arg(metavar="MODEL_BASE")]] = None,
    model_name: str = "default",
    host: str = "127.0.0.1",
    port: int = 8500,
    rest_api_port: int = 8501,
    model_config_file: Path | None = None,
    file_system_poll_wait_seconds: int = 1,
    enable_batching: bool = False,
    batching_parameters_file: Path | None = None,
    enable_per_model_batching_parameters: bool = False,
    enable_serialization_as_tensor_content: bool = False,
    ssl_config_file: Path | None = None,
    monitoring_config_file: Path | None = None,
    max_pixels: int = 4096 * 2048,
    grace_seconds: float = 60.0,
    image: str | None = None,
) -> None:
    """Serve exported models over gRPC and REST, as TensorFlow Serving does.

    Where tensorflow_model_server is on the PATH, or --image is given, that is started, with the same flags; otherwise a server of
    this project's own that answers in the same way. New versions are taken up while it runs. SIGTERM or Ctrl-C ends it after what
    is in flight is answered (tensorflow_model_server does not wait for that).

    Args:
        model_base: folder that `python -m export saved-model` wrote, with numbered versions.
        model_name: that clients ask for.
        host: interface to listen on; 0.0.0.0 lets other machines ask. tensorflow_model_server always does.
        port: of gRPC; 0 takes a free one (not of tensorflow_model_server, nor of an image).
        rest_api_port: of REST; 0 takes a free one, as for --port.
        model_config_file: several models, their version policies and labels, instead of MODEL_BASE.
        file_system_poll_wait_seconds: between looks for new versions; 0 looks once only.
        enable_batching: compute requests of one size together.
        batching_parameters_file: how, see serving/deploy/batching.config; needs --enable-batching.
        enable_per_model_batching_parameters: a version's own assets.extra/batching_params.pbtxt goes before that.
        enable_serialization_as_tensor_content: send pictures as bytes and not number by number: much faster, read by all clients.
        ssl_config_file: key and certificates for gRPC.
        monitoring_config_file: whether and where Prometheus finds metrics on the REST port.
        max_pixels: of all pictures that are painted together; the full-size generator takes a gigabyte for a million (not of
            tensorflow_model_server).
        grace_seconds: that requests in flight have when the server stops (not of tensorflow_model_server).
        image: start this container image with Docker, for instance tensorflow/serving:2.20.0.
    """
    if (model_base is None) == (model_config_file is None):
        raise InputError("name a folder of models, or several with --model-config-file, and not both")
    if batching_parameters_file and not enable_batching:
        raise InputError("--batching-parameters-file needs --enable-batching")
    _require_within("port", port, 0, 65535)
    _require_within("rest-api-port", rest_api_port, 0, 65535)
    _require_within("file-system-poll-wait-seconds", file_system_poll_wait_seconds, 0, _LONGEST)
    _require_within("max-pixels", max_pixels, 1, 2**31 - 1)
    _require_within("grace-seconds", grace_seconds, 0, _LONGEST)
    flags = {
        "port": port,
        "rest_api_port": rest_api_port,
        "model_name": model_name if model_base else None,
        "model_base_path": model_base and model_base.resolve(),
        "model_config_file": model_config_file and model_config_file.resolve(),
        "file_system_poll_wait_seconds": file_system_poll_wait_seconds,
        "enable_batching": enable_batching,
        "batching_parameters_file": batching_parameters_file and batching_parameters_file.resolve(),
        "enable_per_model_batching_parameters": enable_per_model_batching_parameters,
        "enable_serialization_as_tensor_content": enable_serialization_as_tensor_content,
        "ssl_config_file": ssl_config_file and ssl_config_file.resolve(),
        "monitoring_config_file": monitoring_config_file and monitoring_config_file.resolve(),
    }
    if image:
        _become(image_command(image, flags, host, _folders(model_config_file)))
    if binary := shutil.which(BINARY):
        _become(binary_command(binary, flags))
    require_extra("serving", "the local server", _PACKAGES)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it has to say comes back as an error too
    import_tensorflow_quietly()
    from .local_server import serve

    serve(flags, host, max_pixels, grace_seconds)


def _require_within(flag: str, value: float, least: int, most: int) -> None:
    if not least <= value <= most:  # nor is it for NaN
        raise InputError(f"--{flag} is {value}; expected {least} to {most}")


def _folders(model_config_file: Path | None) -> list[Path]:
    """Where the models are that the file names."""
    if model_config_file is None:
        return []
    require_extra("serving", "--model-config-file with --image", _PACKAGES)
    from .config_files import read_models

    return [Path(model.base_path) for model in read_models(model_config_file).model_config_list.config]


def _become(command: list[str]) -> None:
    """Replaces this process, so that signals reach the server."""
    print(" ".join(command), flush=True)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise InputError(f"{command[0]}: cannot be started ({error.strerror})") from None
