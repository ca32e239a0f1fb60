"""Commands that start TensorFlow Serving itself, for machines that have its program or Docker."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from .flags import Flags, TensorFlowServingFlags

BINARY = "tensorflow_model_server"

_Values = dict[str, str | int | float | bool | Path]


def binary_command(binary: str, flags: TensorFlowServingFlags) -> list[str]:
    """Returns the command for the program `binary` of this machine."""
    return [binary, *_arguments(_values(flags))]


def image_command(image: str, flags: Flags, folders: Sequence[Path]) -> list[str]:
    """Returns the command for a container, with the ports published on `flags.host`.

    Args:
        image: name of the image, tensorflow/serving:2.20.0 for instance.
        flags: paths among them are mounted under their own names, so that configuration files may name other files.
        folders: further folders to mount, which a configuration file names.
    """
    values = _values(flags)
    mounts = [*(value for value in values.values() if isinstance(value, Path)), *folders]
    published = [f"--publish={flags.host}:{flags.port}:8500", f"--publish={flags.host}:{flags.rest_api_port}:8501"]
    volumes = [f"--mount=type=bind,source={path},target={path},readonly" for path in mounts]
    inside = _arguments({**values, "port": 8500, "rest_api_port": 8501})
    return ["docker", "run", "--rm", *published, *volumes, f"--entrypoint={BINARY}", image, *inside]


def _values(flags: TensorFlowServingFlags) -> _Values:
    """Returns the flags that TensorFlow Serving knows and that are given, by name; paths are absolute."""
    found = {field.name: getattr(flags, field.name) for field in dataclasses.fields(TensorFlowServingFlags)}
    if flags.model_base_path is None:
        del found["model_name"]  # the configuration file names the models
    return {name: value.resolve() if isinstance(value, Path) else value for name, value in found.items() if value is not None}


def _arguments(values: _Values) -> list[str]:
    return [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in values.items()]
