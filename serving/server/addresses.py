"""Where the local server listens."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tfhd.errors import InputError

from .flags import Flags


def grpc_addresses(flags: Flags) -> list[str]:
    """Returns where gRPC listens, as gRPC names it: HOST:PORT, a Unix socket, or both.

    Raises:
        InputError: another server listens on the Unix socket, or the path is another file's.
    """
    path = flags.grpc_socket_path
    if path is None:
        return [flags.at(flags.port)]
    _require_free(path)
    return [*([flags.at(flags.port)] if flags.port else []), f"unix:{path.resolve()}"]


def _require_free(path: Path) -> None:
    """Raises `InputError` where the path of a Unix socket is taken: gRPC would replace the other server's socket, or the file."""
    if not os.path.lexists(path):
        return
    if not path.is_socket():
        raise InputError(f"{path}: exists and is no socket; choose another --grpc-socket-path")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:  # what a server left that has ended
            return
    raise InputError(f"{path}: another server listens there; choose another --grpc-socket-path")
