"""`tfhd study run`: asks the raters of a study in their browsers."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import tyro

from tfhd.command_line import require_extra
from tfhd.errors import InputError
from tfhd.files import write_text

from .database import add_raters, connect, tokens
from .design import MOST_RATERS
from .ratings import Ratings

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SECONDS_PER_REQUEST = 30.0
_MOST_CONNECTIONS = 512
_BYTES_OF_REQUESTS = 64 << 20
_PRINTED_LINKS = 10
_GRACE_SECONDS = 5


def main(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    *,
    host: str = "127.0.0.1",
    port: int = 8600,
    url: str | None = None,
    add: int = 0,
) -> None:
    """Ask raters in their browsers, each by a link of his own, until SIGTERM or Ctrl-C.

    A vote is acknowledged once it is on disk, so a server may be killed and started again at any time, and several may serve one
    study on one machine, each on its own port. The links are written to STUDY/links.txt.

    Args:
        study: folder that `study create` made.
        host: interface to listen on; the default takes requests of this machine alone.
        port: to listen on; 0 for any.
        url: address under which raters reach the server, for instance https://study.example.org; needed behind a proxy, and where
            --host is not this machine alone.
        add: links to make for further raters.
    """
    require_extra("serving", "`study run`", ("starlette", "uvicorn"))
    if not 0 <= add <= MOST_RATERS:
        raise InputError(f"--add is {add}; expected 0 to {MOST_RATERS}")
    if not 0 <= port < 2**16:
        raise InputError(f"--port is {port}; expected 0 to {2**16 - 1}")
    base = None if url is None else _checked_url(url)
    if base is None and host not in (*(name.strip("[]") for name in _LOOPBACK),):
        raise InputError(f"--host {host} listens for other machines; say with --url http://NAME:PORT how they reach this one")
    ratings = Ratings(study)
    connection = connect(study)
    add_raters(connection, add)
    with _listen(host, port) as listening:
        base = base or f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        links = [f"{base}/#{token}" for token in tokens(connection)]
        connection.close()
        write_text(study / "links.txt", "".join(f"{link}\n" for link in links), "raters' links")
        more = f"; {len(links) - _PRINTED_LINKS} more are in {study / 'links.txt'}" if len(links) > _PRINTED_LINKS else ""
        print(f"Serving {study} at {base}, one link for each rater{more}:", *links[:_PRINTED_LINKS], sep="\n  ", flush=True)
        hosts = {*_LOOPBACK, urlsplit(base).netloc.rpartition("@")[2].lower().removesuffix(f":{urlsplit(base).port}")}
        _serve(ratings, hosts, listening)


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise InputError(f"--url {url}: expected http://NAME:PORT or https://NAME, without a path")
    return url.rstrip("/")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise InputError(f"{host}:{port}: cannot listen there ({error.strerror}); choose another --port or --host") from None


def _serve(ratings: Ratings, hosts: set[str], listening: socket.socket) -> None:
    # Of an extra that may be missing, which is told above.
    import uvicorn

    from ..server.memory import Memory
    from ..server.rest_limits import ACCEPTED, RestLimits, RestServer
    from .app import build_app

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    limits = RestLimits(build_app(ratings, hosts), Memory(_BYTES_OF_REQUESTS), _SECONDS_PER_REQUEST, _MOST_CONNECTIONS)
    config = uvicorn.Config(
        limits,
        http=limits.protocol,
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        backlog=ACCEPTED,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    RestServer(config).run(sockets=[listening])
