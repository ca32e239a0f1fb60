"""`tfhd edit`: serves the editor, with a model in this process or on a server."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from tfhd.command_line import import_tensorflow_quietly, require_extra
from tfhd.errors import InputError

from ..web import listen, run_until, stop_on_signals
from .access import is_loopback

if TYPE_CHECKING:
    import uvicorn

    from tfhd_client import AsyncClient

    from .model import EditedModel
    from .scenes import Scenes

_HEIGHT, _WIDTH = 128, 256
"""Of rendered streets."""
_MOST_CONNECTIONS = 64


def main(
    model: tyro.conf.Positional[Annotated[Path | None, tyro.conf.arg(metavar="MODEL")]] = None,
    *,
    server: str | None = None,
    model_name: str = "default",
    tls_ca: Path | None = None,
    timeout: float = 30.0,
    data: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8600,
    browser: bool = True,
) -> None:
    """Edit label maps in a browser: change, add, move, remove and restyle objects, painted while you work.

    Args:
        model: folder that `tfhd export saved-model` wrote, of one version or of all; the newest is used.
        server: HOST:PORT of the gRPC interface of TensorFlow Serving or of `tfhd serve`, instead of MODEL; or [IPV6]:PORT,
            dns:HOST:PORT or unix:PATH.
        model_name: name of the model on the server.
        tls_ca: PEM certificate of the authority that signed the server's; without it the connection is unencrypted.
        timeout: seconds to wait for a picture from the server.
        data: folder of scenes, as training reads it (val_label, val_inst, val_img, ...); without it streets are rendered.
        host: address to listen on; others than this machine's own need the token that is printed then.
        port: port of the page; 0 takes a free one.
        browser: open the page in the browser, where there is one.
    """
    if (model is None) == (server is None):
        raise InputError(
            "name a folder of a model (`make demo` writes models/demo), or a server with --server HOST:PORT, and not both"
        )
    require_extra("serving", "the editor", ("starlette", "uvicorn"))
    listener = listen(host, port)  # first, because a taken port shows at once and loading takes long
    with listener:
        described, open_client = _load(model) if model else _connect(server, model_name, tls_ca, timeout)
        scenes = _scenes(described, data)
        token = None if is_loopback(host) else secrets.token_urlsafe(24)
        url = _url(host, listener.getsockname()[1], token)
        page_server = _build_server(described, open_client, scenes, token)
        stop = stop_on_signals()
        print(f"Editing with {described.name}: {url}", flush=True)
        if browser and _has_browser():
            webbrowser.open(url)
        run_until(stop, page_server, listener)


def _load(path: Path) -> tuple[EditedModel, Callable[[], AsyncClient]]:
    """Loads a model into this process, which paints sooner than a server beside it: nothing is copied through a socket."""
    import_tensorflow_quietly()
    from tfhd_client import AsyncClient

    from ..in_process.local_model import LocalModel
    from .model import EditedModel, ThreadTransport

    local = LocalModel(path)
    described = EditedModel.ask(path.name or str(path), local)
    return described, lambda: AsyncClient(transport=ThreadTransport(local.transport))


def _connect(address: str, name: str, tls_ca: Path | None, timeout: float) -> tuple[EditedModel, Callable[[], AsyncClient]]:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what gRPC would log is in the errors too
    from tfhd_client import TLS, AsyncClient, Client

    from .model import EditedModel

    options = {"model": name, "tls": TLS(tls_ca) if tls_ca else None, "timeout": timeout}
    with Client(address, **options) as client:
        described = EditedModel.ask(f"{name} on {address}", client)
    return described, lambda: AsyncClient(address, **options)


def _scenes(model: EditedModel, data: Path | None) -> Scenes:
    from .scenes import FolderScenes, RenderedStreets

    return RenderedStreets(model.classes, _HEIGHT, _WIDTH) if data is None else FolderScenes(data, model.classes)


def _build_server(
    model: EditedModel, open_client: Callable[[], AsyncClient], scenes: Scenes, token: str | None
) -> uvicorn.Server:
    import uvicorn

    from .app import build_app

    config = uvicorn.Config(
        build_app(model, open_client, scenes, token),
        lifespan="on",
        log_level="critical",
        access_log=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _url(host: str, port: int, token: str | None) -> str:
    """The page's address, as a browser on this machine can open it."""
    name = host.removeprefix("[").removesuffix("]")
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(name, f"[{name}]" if ":" in name else name)
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def _has_browser() -> bool:
    """Whether there is a screen; without one, Python might open a browser for terminals in place of this program's output."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
