"""Limits for what the page may send, one by one and in sum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request

from tfhd.errors import InputError
from tfhd_client import File, read_size

MAX_PIXELS = 4096 * 2048
"""Of a map or a photo: two copies of two maps of this size are what a page keeps at ease."""

MAX_BODY = 80 << 20
"""Bytes of a request: both maps of `MAX_PIXELS`, a photo of the same size, and their header."""

_MAX_IN_FLIGHT = 512 << 20


class TooLargeError(InputError):
    """A request has more bytes than the server takes."""


class BusyError(InputError):
    """All requests in flight have more bytes than the server holds at a time; the same request may be sent again."""


class BodyReader:
    """Reads requests' bodies into memory, never onto the disk, as long as all in flight fit."""

    def __init__(self) -> None:
        self._in_flight = 0

    @contextmanager
    def _reserved(self, size: int) -> Iterator[None]:
        if self._in_flight + size > _MAX_IN_FLIGHT:
            raise BusyError("the editor is busy with other requests; try again")
        self._in_flight += size
        try:
            yield
        finally:
            self._in_flight -= size

    @contextmanager
    def room_for(self, request: Request) -> Iterator[None]:
        """Keeps room for a request's body while it is read and worked on.

        Raises:
            TooLargeError: the request is too large, or does not say how large it is.
            BusyError: there is no room at the moment.
        """
        text = request.headers.get("content-length", "")
        if not text.isdecimal() or len(text) > 12 or int(text) > MAX_BODY:
            raise TooLargeError(f"the file or request has more than {MAX_BODY >> 20} MB, or no known size; give a smaller one")
        with self._reserved(int(text)):
            yield


def size_of(header: dict[str, Any]) -> tuple[int, int]:
    """Height and width of the maps in a frame; raises `InputError` where they are none, or too large."""
    height, width = header.get("height"), header.get("width")
    if type(height) is not int or type(width) is not int or height < 1 or width < 1:
        raise InputError(f"a scene of {width!r}x{height!r} pixels; expected whole numbers from 1 on")
    require_pixels(height, width, "the scene")
    return height, width


def require_small(file: File, name: str) -> None:
    """Raises `InputError` where a picture file, by its header, has too many pixels for the editor, or is none."""
    height, width = read_size(file)
    require_pixels(height, width, name)


def require_pixels(height: int, width: int, name: str) -> None:
    """Raises `InputError` where there are more pixels than the editor takes."""
    if height * width > MAX_PIXELS:
        raise InputError(
            f"{name} has {width}x{height} pixels, more than the {MAX_PIXELS} that the editor takes; give a smaller one"
        )
