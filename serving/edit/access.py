"""Who may ask the editor: this machine's own pages, and from other machines whoever has the token."""

from __future__ import annotations

import hmac
import ipaddress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..web import keep_to_itself

_COOKIE = "tfhd-editor"


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL names it, can be reached from this machine alone."""
    name = host.removeprefix("[").removesuffix("]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """Refuses requests before the editor sees them, and adds headers that keep the page to itself: an ASGI middleware.

    - Without a token, the Host header must be an address of this machine alone. Otherwise any web site could give a name of its
      own the address 127.0.0.1 and read what the editor answers (DNS rebinding).
    - With a token, whoever opens `/?token=TOKEN` gets it as a cookie, and all else takes that cookie.
    - An Origin header must be the page's own, and what changes or computes something needs a header that forms cannot send.

    Args:
        app: the editor.
        token: None where it listens on this machine alone.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        refusal = self._refusal(scope, Headers(scope=scope))
        await (refusal or self._app)(scope, receive, keep_to_itself(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self._token is None and not is_loopback(_host_name(host)):
            return _refuse(f"the editor is not at {host[:100]!r}; open the address that it printed when it started")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return _refuse("this request comes from a page of another site")
        if self._token is not None and not self._is_known(headers):
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if scope["path"] != "/" or not self._is_token(given):
                return _refuse("open the editor with the address that it printed when it started: it holds a token")
            answer = RedirectResponse("/", 303)
            answer.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
            return answer
        if scope["method"] not in ("GET", "HEAD") and headers.get("x-tfhd-editor") != "1":
            return _refuse("this request does not come from the editor's page")
        return None

    def _is_known(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), (self._token or "").encode())


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _refuse(message: str) -> Response:
    return PlainTextResponse(message, 403)
