"""Commands that start TensorFlow Serving itself, for machines that have its program or Docker."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from tfhd.errors import InputError

from .flags import Flags, TensorFlowServingFlags, is_remote

BINARY = "tensorflow_model_server"
_EVERYWHERE = ("0.0.0.0", "::", "[::]")

_Values = dict[str, str | int | float | bool | Path]


def binary_command(binary: str, flags: Flags) -> list[str]:
    """Returns the command for the program `binary` of this machine.

    Raises:
        InputError: it cannot do what the flags say.
    """
    if flags.host is not None and flags.host not in _EVERYWHERE:
        raise InputError(
            f"--host {flags.host}: {binary} always listens on all interfaces; leave --host out, or give --image, which can be "
            f"published on one, or take {BINARY} off the PATH for the local server"
        )
    if flags.port == 0 and flags.grpc_socket_path is None:
        raise InputError(f"--port 0: {binary} takes no free port by itself; give a number, or --grpc-socket-path")
    return [binary, *_arguments(_values(flags), flags.other)]


def image_command(image: str, flags: Flags, folders: Sequence[Path]) -> list[str]:
    """Returns the command for a container, with the ports published on `flags.host`.

    Args:
        image: name of the image, tensorflow/serving:2.20.0 for instance.
        flags: paths among them are mounted under their own names, so that configuration files may name other files.
        folders: further folders to mount, which a configuration file names.

    Raises:
        InputError: a container cannot do what the flags say.
    """
    if flags.grpc_socket_path is not None:
        raise InputError("--grpc-socket-path: a socket in a container is out of reach; leave it or --image out")
    values = _values(flags)
    mounts = dict.fromkeys([*(value for value in values.values() if isinstance(value, Path)), *folders])  # each once
    published = [f"--publish={flags.at(flags.port)}:8500", f"--publish={flags.at(flags.rest_api_port)}:8501"]
    volumes = [f"--mount=type=bind,source={path},target={path},readonly" for path in mounts]
    inside = _arguments({**values, "port": 8500, "rest_api_port": 8501}, flags.other)
    return ["docker", "run", "--rm", *published, *volumes, f"--entrypoint={BINARY}", image, *inside]


def _values(flags: TensorFlowServingFlags) -> _Values:
    """Returns the flags that TensorFlow Serving knows and that are given, by name; paths are absolute."""
    found = {field.name: getattr(flags, field.name) for field in dataclasses.fields(TensorFlowServingFlags)}
    if flags.model_config_file is not None:
        del found["model_name"], found["model_base_path"]  # the configuration file names the models
    elif not is_remote(flags.model_base_path):
        found["model_base_path"] = Path(flags.model_base_path)
    return {name: value.resolve() if isinstance(value, Path) else value for name, value in found.items() if value is not None}


def _arguments(values: _Values, others: Sequence[str]) -> list[str]:
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
    return [*(f"--{name}={value}" for name, value in written.items()), *(f"--{other}" for other in others)]
