"""The editor's web application: the page, and what it asks. Scenes live in the page; the server keeps none."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tfhd.errors import InputError
from tfhd_client import AsyncClient, Code, ServingError

from . import frames
from .access import Guard
from .limits import BodyReader, BusyError, TooLargeError, size_of
from .map_files import read_maps, write_map
from .model import EditedModel
from .photos import crop_styles
from .scene_file import read_scene, read_settings, write_scene
from .scenes import Scenes

PAGE = Path(__file__).parent / "page"
_STATUS = {Code.UNAVAILABLE: 502, Code.DEADLINE_EXCEEDED: 504, Code.RESOURCE_EXHAUSTED: 503}
_WARM_UP = 128, 256
"""Most rows and columns of the picture that is painted before the first is asked for."""
_GONE = 499
"""Status of an answer that nobody waits for."""

T = TypeVar("T")


def build_app(model: EditedModel, open_client: Callable[[], AsyncClient], scenes: Scenes, token: str | None) -> Guard:
    """Makes the application.

    Args:
        model: what the page is told of the model.
        open_client: opens a client that asks the model; called inside the event loop.
        scenes: to choose from.
        token: that other machines need; None where only this one is listened to.
    """
    editor = _Editor(model, scenes)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with open_client() as editor.client:
            warming_up = asyncio.create_task(editor.warm_up())
            yield
            warming_up.cancel()

    posts = {
        "/api/paint": editor.paint,
        "/api/encode": editor.encode,
        "/api/maps/read": editor.read_maps,
        "/api/maps/write": editor.write_map,
        "/api/scene/write": editor.write_scene,
        "/api/scene/read": editor.read_scene,
    }
    routes = [
        Route("/api/model", editor.describe),
        Route("/api/scenes/{index:int}", editor.scene),
        *(Route(path, _answering(editor.bodies, work), methods=["POST"]) for path, work in posts.items()),
        *(Route(path, _file(content, kind)) for path, content, kind in _page_files()),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan, exception_handlers={InputError: _error}), token)


class _Editor:
    """Answers the page's requests: each method takes a request's body and returns the answer's."""

    client: AsyncClient

    def __init__(self, model: EditedModel, scenes: Scenes) -> None:
        self._model, self._scenes = model, scenes
        self.bodies = BodyReader()

    async def warm_up(self) -> None:
        """Paints a part of the first scene, since a model's first picture takes long; faults show where the page asks again."""
        with contextlib.suppress(InputError):
            scene = await run_in_threadpool(self._scenes.load, 0)
            part = slice(_WARM_UP[0]), slice(_WARM_UP[1])
            await self._model.paint(self.client, scene.label[part], scene.instance[part], {})

    async def describe(self, _: Request) -> Response:
        """The model and the names of the scenes, as JSON."""
        styles = self._model.styles
        classes = [
            {
                "name": item.name,
                "ids": list(item.ids),
                "color": list(item.color),
                "countable": item.countable,
                "styles": [] if styles is None else styles[item.name].tolist(),
            }
            for item in self._model.classes
        ]
        return JSONResponse(
            {"name": self._model.name, "hasStyles": styles is not None, "classes": classes, "scenes": self._scenes.names}
        )

    async def scene(self, request: Request) -> Response:
        """A scene: label map, instance map and, unless it is empty, the photo (RGB)."""
        index = request.path_params["index"]
        if not 0 <= index < len(self._scenes.names):
            raise InputError(f"there is no scene {index}; reload the page")
        scene = await run_in_threadpool(self._scenes.load, index)
        height, width = scene.label.shape
        photo = b"" if scene.photo is None else scene.photo.tobytes()
        header = {"name": self._scenes.names[index], "height": height, "width": width}
        return _octets(frames.pack(header, [frames.map_bytes(scene.label), frames.map_bytes(scene.instance), photo]))

    async def paint(self, body: bytes) -> Response:
        """Maps and style vectors to a picture: RGBA, as canvases take it."""
        began = time.perf_counter()
        header, parts = frames.unpack(body, 2)
        height, width = size_of(header)
        label, instance = (frames.read_map(part, height, width) for part in parts)
        styles = _vectors(header.get("styles"))
        asked = time.perf_counter()
        picture = await self._model.paint(self.client, label, instance, styles)
        painted = time.perf_counter()
        opaque = np.full((height, width, 4), 255, np.uint8)
        opaque[..., :3] = picture
        steps = {"read": asked - began, "model": painted - asked, "write": time.perf_counter() - painted}
        timing = ", ".join(f"{name};dur={1000 * seconds:.1f}" for name, seconds in steps.items())
        return _octets(opaque.tobytes(), {"server-timing": timing})

    async def encode(self, body: bytes) -> Response:
        """A photo and an instance map of its size, or the rectangle of an object in it, to style vectors by instance."""
        header, (photo, instance) = frames.unpack(body, 2)
        vectors = await crop_styles(self.client, header, photo, instance)
        return JSONResponse({"styles": [[ident, vector.tolist()] for ident, vector in vectors.items()]})

    async def read_maps(self, body: bytes) -> Response:
        """Files of a label map and, unless it is empty, of an instance map to a scene."""
        _, (label_file, instance_file) = frames.unpack(body, 2)
        label, instance = await run_in_threadpool(read_maps, label_file, instance_file or None, self._model.classes)
        height, width = label.shape
        return _octets(frames.pack({"height": height, "width": width}, [frames.map_bytes(label), frames.map_bytes(instance)]))

    async def write_map(self, body: bytes) -> Response:
        """A map to a PNG file."""
        header, (part,) = frames.unpack(body, 1)
        ids = frames.read_map(part, *size_of(header))
        return _octets(await run_in_threadpool(write_map, ids))

    async def write_scene(self, body: bytes) -> Response:
        """Maps and settings to a scene file."""
        header, parts = frames.unpack(body, 2)
        height, width = size_of(header)
        settings = read_settings(header.get("settings") or {})
        maps = (frames.read_map(part, height, width) for part in parts)
        return _octets(await run_in_threadpool(write_scene, *maps, settings))

    async def read_scene(self, body: bytes) -> Response:
        """A scene file to maps and settings."""
        _, (file,) = frames.unpack(body, 1)
        label, instance, settings = await run_in_threadpool(read_scene, file, self._model.classes)
        height, width = label.shape
        header = {"height": height, "width": width, "settings": settings.model_dump(exclude_none=True)}
        return _octets(frames.pack(header, [frames.map_bytes(label), frames.map_bytes(instance)]))


def _answering(bodies: BodyReader, work: Callable[[bytes], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads the body, and ends its work when the page no longer waits for the answer."""

    async def endpoint(request: Request) -> Response:
        try:
            with bodies.room_for(request):
                body = await request.body()
                answer = await _unless_gone(request, work(body))
        except (asyncio.CancelledError, ClientDisconnect):  # the server stops, or the page left before it had sent all
            answer = None
        return Response(status_code=_GONE) if answer is None else answer

    return endpoint


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """Returns what `work` returns, or None where the page ended the request meanwhile; `work` is cancelled then."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()


def _vectors(listed: Any) -> dict[int, np.ndarray]:
    """Instance ids to style vectors, out of a list of [id, [numbers]]."""
    try:
        return {int(ident): np.array(vector, np.float32) for ident, vector in listed or []}
    except (TypeError, ValueError, OverflowError):
        raise InputError("styles are not lists of an instance and its vector; reload the page") from None


async def _error(_: Request, error: Exception) -> Response:
    kinds = {TooLargeError: 413, BusyError: 503}
    status = kinds.get(type(error)) or (_STATUS.get(error.code, 400) if isinstance(error, ServingError) else 400)
    return JSONResponse({"error": " ".join(str(error).split())}, status)


def _page_files() -> list[tuple[str, bytes, str]]:
    """Address, content and type of every file of the page; all are read at the start, so no request names a file."""
    found = []
    for file in sorted(PAGE.iterdir()):
        kind = {".js": "text/javascript", ".svg": "image/svg+xml"}.get(file.suffix) or mimetypes.guess_type(file.name)[0]
        found.append(("/" if file.name == "index.html" else f"/{file.name}", file.read_bytes(), kind or "text/plain"))
    return found


def _file(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return Response(content, media_type=kind)

    return endpoint


def _octets(content: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)
