"""TensorFlow Serving itself, where it is to be had: the command that starts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

BINARY = "tensorflow_model_server"

Flags = Mapping[str, str | int | float | bool | Path | None]
"""By name as on TensorFlow Serving's command line; None leaves one out."""


def binary_command(binary: str, flags: Flags) -> list[str]:
    """Of the program on this machine."""
    return [binary, *_texts(flags)]


def image_command(image: str, flags: Flags, host: str, folders: Sequence[Path]) -> list[str]:
    """Of a container.

    Args:
        image: its name, tensorflow/serving:2.20.0 for instance.
        flags: paths are mounted where they are, so that files may name each other.
        host: interface of this machine that the ports are open on.
        folders: that a file among the flags names, to be mounted too.
    """
    inside = {**flags, "port": 8500, "rest_api_port": 8501}
    mounts = [*(value for value in flags.values() if isinstance(value, Path)), *folders]
    published = [f"--publish={host}:{flags['port']}:8500", f"--publish={host}:{flags['rest_api_port']}:8501"]
    volumes = [f"--mount=type=bind,source={path},target={path},readonly" for path in mounts]
    return ["docker", "run", "--rm", *published, *volumes, f"--entrypoint={BINARY}", image, *_texts(inside)]


def _texts(flags: Flags) -> list[str]:
    given = {name: value for name, value in flags.items() if value is not None}
    return [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in given.items()]
