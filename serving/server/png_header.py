"""Size of a PNG file, from its header alone."""

from __future__ import annotations

import struct

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = 24
"""Offset of the end of width and height."""


def png_size(picture: bytes) -> tuple[int, int]:
    """Returns width and height as the header states them; (0, 0) where there is no header."""
    if not picture.startswith(_SIGNATURE) or len(picture) < _END:
        return 0, 0
    return struct.unpack(">II", picture[_END - 8 : _END])
