"""The web application that raters meet: the page, and what it asks for. It knows HTTP; `Ratings` knows the study.

Tokens are in the fragment of a link, which browsers do not send, and come in a header of the page's requests. So they are in no
log, and no other site can vote with them.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio
import pydantic
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tfhd.errors import InputError
from tfhd_client import ServingError

from ..web import keep_to_itself
from .ratings import Rater, Ratings, Refused
from .vote import Vote

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": ("index.html", "text/html"),
    "/study.css": ("study.css", "text/css"),
    "/presentation.js": ("presentation.js", "text/javascript"),
    "/study.js": ("study.js", "text/javascript"),
}
_LARGEST = 4096
"""Limit of a request's body in bytes; a vote has 200."""
_BEARER = "Bearer "

_log = logging.getLogger(__name__)
_VOTE = pydantic.TypeAdapter(Vote)

_Answer = Callable[[Request, bytes], Response]


def build_app(ratings: Ratings, hosts: Collection[str]) -> ASGIApp:
    """Builds the web application.

    Args:
        ratings: of the study.
        hosts: names in small letters, without port, under which it may be asked. Others are refused, since with a name of his own
            that leads here, the owner of another site could ask from a visitor's browser (DNS rebinding).
    """
    calls = _Calls(ratings)
    routes = [Route(path, _send_file(*file), methods=["GET"]) for path, file in _FILES.items()]
    routes += [
        Route("/favicon.ico", _endpoint(lambda request, body: Response(status_code=204)), methods=["GET"]),
        Route("/api/study", _endpoint(calls.study), methods=["GET"]),
        Route("/api/consent", _endpoint(calls.consent), methods=["POST"]),
        Route("/api/next", _endpoint(calls.next_trial), methods=["POST"]),
        Route("/api/trials/{trial}/{side}", _endpoint(calls.picture), methods=["GET"]),
        Route("/api/trials/{trial}", _endpoint(calls.vote), methods=["POST"]),
    ]
    handlers = {
        HTTPException: lambda _, error: _refusal(error.status_code, f"{error.detail}; open the link that you were given"),
        Refused: lambda _, error: _refusal(error.status, str(error)),
        sqlite3.Error: _report_database_error,
        InputError: _report_database_error,  # where it cannot be opened
        Exception: lambda *_: _refusal(500, "an error in the server; see its log"),
    }
    return _Frame(Starlette(routes=routes, exception_handlers=handlers), frozenset(hosts))


class _Frame:
    """Refuses foreign names of the host, and adds headers that keep pages and tokens where they belong.

    Args:
        app: answers requests.
        hosts: see `build_app`.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        send = keep_to_itself(send)
        names = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if [_without_port(name) in self._hosts for name in names] != [True]:
            refusal = _refusal(HTTPStatus.MISDIRECTED_REQUEST, "the study is not served under this name (see --url)")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


class _Calls:
    """What the page asks for; each takes a request and its body, and raises `Refused`."""

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    def study(self, request: Request, body: bytes) -> Response:
        """What a rater reads first."""
        rater, design = self._rater(request), self._ratings.design
        if not self._ratings.progress(rater)["total"]:
            self._ratings.refresh()
        texts = {
            "question": design.question,
            "consent": design.consent,
            "has_consented": rater.has_consented,
            "scale": design.scale,
            "is_limited": design.is_limited,
        }
        return JSONResponse({**texts, "progress": self._ratings.progress(rater)})

    def consent(self, request: Request, body: bytes) -> Response:
        """Notes that a rater agrees to take part."""
        self._ratings.consent(self._rater(request))
        return JSONResponse({})

    def next_trial(self, request: Request, body: bytes) -> Response:
        """The trial that a rater is to answer now: nothing in it tells checks from other trials."""
        rater = self._rater(request)
        row, progress = self._ratings.next_trial(rater), self._ratings.progress(rater)
        if row is None:
            return JSONResponse({"trial": None, "progress": progress})
        is_practice = row["kind"] == "practice"
        trial = {"id": row["id"], "seconds": row["seconds"], "is_practice": is_practice}
        pause = self._ratings.design.break_every
        is_new = row["kind"] == "vote" and not row["left_loads"]
        is_break = bool(is_new and pause and progress["done"] and progress["done"] % pause == 0)
        return JSONResponse({"trial": trial, "progress": progress, "is_break": is_break})

    def picture(self, request: Request, body: bytes) -> Response:
        """One picture of that trial."""
        content = self._ratings.picture(self._rater(request), request.path_params["trial"], request.path_params["side"])
        return Response(content, media_type="image/png")

    def vote(self, request: Request, body: bytes) -> Response:
        """Stores a vote; it is on disk when the answer is sent."""
        rater = self._rater(request)
        try:
            vote = _VOTE.validate_json(body)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the body"
            raise Refused(422, f"no vote: {where}: {first['msg']}") from None
        self._ratings.vote(rater, request.path_params["trial"], vote)
        return JSONResponse({"is_stored": True})

    def _rater(self, request: Request) -> Rater:
        scheme = request.headers.get("authorization", "")
        return self._ratings.rater(scheme.removeprefix(_BEARER) if scheme.startswith(_BEARER) else "")


def _endpoint(call: _Answer) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        body = await _read_body(request)
        return await anyio.to_thread.run_sync(call, request, body)

    return answer


async def _read_body(request: Request) -> bytes:
    """Reads a small body; of one that is too large, the rest is dropped, so that its sender gets to read why."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size <= _LARGEST:
                parts.append(part)
    except ServingError:  # of the limits on time and memory
        raise Refused(408, "the request is too large, or did not arrive in time") from None
    except ClientDisconnect:
        raise Refused(400, "the request was broken off") from None
    if size > _LARGEST:
        raise Refused(413, f"the request has {size} bytes; expected up to {_LARGEST}")
    return b"".join(parts)


def _send_file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    content = (_PAGE / name).read_bytes()

    async def answer(request: Request) -> Response:
        return Response(content, media_type=media_type)

    return answer


def _refusal(status: int, message: str) -> Response:
    line = " ".join(message.split())[:500]
    body = json.dumps({"error": line}) + "\n"
    return Response(body, int(status), media_type="application/json")


def _report_database_error(request: Request, error: Any) -> Response:
    _log.error("%s %s: %s", request.method, request.url.path, error)
    return _refusal(503, "the study's database cannot be written now, so nothing was stored; try again")
