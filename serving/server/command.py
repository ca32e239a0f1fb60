"""`tfhd serve`: starts TensorFlow Serving where it is available, and otherwise the local server."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import tyro

from tfhd.command_line import import_tensorflow_quietly, require_extra
from tfhd.errors import InputError

from .flags import Flags, is_remote
from .other_flags import require_local_flags
from .tensorflow_serving import BINARY, binary_command, image_command

_PACKAGES = ("tensorflow_serving", "grpc_health", "starlette", "uvicorn", "prometheus_client")


def main(flags: Annotated[Flags, tyro.conf.arg(name="")]) -> None:
    """Serve exported models over gRPC and REST, as TensorFlow Serving does.

    Where tensorflow_model_server is on the PATH, or --image is given, that is started with the same flags. Otherwise a server of
    tfhd's own starts, which answers in the same way. A folder that holds no model yet is waited for, and new versions are loaded
    while the server runs. SIGTERM or Ctrl-C ends it once the requests in flight are answered (tensorflow_model_server does not
    wait for them).

    Flags may also be written as for tensorflow_model_server: --enable_batching=true.
    """
    if flags.image:
        _replace_process(image_command(flags.image, flags, _model_folders(flags.model_config_file)))
    if binary := shutil.which(BINARY):
        command = binary_command(binary, flags)
        if flags.host is None:
            print(f"{binary} listens on all interfaces, so other machines can ask it too", file=sys.stderr, flush=True)
        _replace_process(command)
    require_local_flags(flags)
    require_extra("serving", "the local server", _PACKAGES)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what gRPC would log is in the errors too
    import_tensorflow_quietly()
    from .local_server import serve

    serve(flags)


def _model_folders(model_config_file: Path | None) -> list[Path]:
    """Returns the base folders of the models that a configuration file lists."""
    if model_config_file is None:
        return []
    require_extra("serving", "--model-config-file with --image", _PACKAGES)
    from .config_files import read_models

    paths = [model.base_path for model in read_models(model_config_file).model_config_list.config]
    return [Path(path) for path in paths if not is_remote(path)]


def _replace_process(command: list[str]) -> None:
    """Runs a command in place of this process, so that signals reach the server."""
    print(" ".join(command), flush=True)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise InputError(f"{command[0]}: cannot be started ({error.strerror})") from None
