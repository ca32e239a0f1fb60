"""`tfhd study run`: asks the raters of a study in their browsers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import tyro

from tfhd.command_line import require_extra
from tfhd.errors import InputError
from tfhd.files import written

from ..web import listen, run_until, stop_on_signals
from .database import add_raters, changing, reading, tokens
from .design import MOST_RATERS, PICTURES
from .ratings import Ratings
from .texts import listed

if TYPE_CHECKING:
    from ..server.rest_limits import RestServer

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
    """Ask raters in their browsers, each by a link of their own, until SIGTERM or Ctrl-C.

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
    if url is not None:
        _check_url(url)
    elif host not in (name.strip("[]") for name in _LOOPBACK):
        raise InputError(f"--host {host} listens for other machines; say with --url http://NAME:PORT how they reach this one")
    ratings = Ratings(study)
    _require_pictures(study)
    with listen(host, port) as listening:
        base = url or f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        links = _write_links(study, base.rstrip("/"), add)
        more = f"; {len(links) - _PRINTED_LINKS} more are in {study / 'links.txt'}" if len(links) > _PRINTED_LINKS else ""
        server = build_server(ratings, base)
        stop = stop_on_signals()
        print(f"Serving {study} at {base}, one link for each rater{more}:", *links[:_PRINTED_LINKS], sep="\n", flush=True)
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
        run_until(stop, server, listening)


def build_server(ratings: Ratings, url: str) -> RestServer:
    """The server of a study, to run on a socket that listens.

    Args:
        ratings: of the study.
        url: under which raters reach it; this machine's own names are answered too.
    """
    # Of an extra that may be missing, which `main` reports.
    import uvicorn

    from ..server.memory import Memory
    from ..server.rest_limits import ACCEPTED, RestLimits, RestServer
    from .app import build_app

    parts = urlsplit(url)
    hosts = {*_LOOPBACK, parts.netloc.lower().removesuffix(f":{parts.port}")}
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
    return RestServer(config)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        others = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc or parts.port == 0
    except ValueError:  # of a port that is no number
        others = True
    if others or parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"--url {url}: expected http://NAME:PORT or https://NAME, without a path")


def _require_pictures(study: Path) -> None:
    """Raises `InputError` that lists picture files which are missing, before a rater meets them."""
    with reading(study) as database:
        ids = [row["id"] for row in database.execute("SELECT id FROM pictures ORDER BY id")]
    missing = [f"{picture}.png" for picture in ids if not (study / PICTURES / f"{picture}.png").is_file()]
    if missing:
        raise InputError(
            f"{study / PICTURES}: lacks {len(missing)} of {len(ids)} pictures ({listed(missing)}); "
            "copy the whole folder of the study"
        )


def _write_links(study: Path, base: str, add: int) -> list[str]:
    with changing(study) as database:
        add_raters(database, add)
        links = [f"{base}/#{token}" for token in tokens(database)]
    with written(study / "links.txt", "raters' links") as partial:
        partial.touch(0o600)  # whoever has a link may vote as that rater
        partial.write_text("".join(f"{link}\n" for link in links), encoding="utf-8")
    return links
