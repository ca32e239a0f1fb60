"""What a PNG's header tells."""

from __future__ import annotations

import struct

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = 24
"""Where width and height end."""


def png_size(picture: bytes) -> tuple[int, int]:
    """Width and height as the header claims them; (0, 0) where there is none."""
    if not picture.startswith(_SIGNATURE) or len(picture) < _END:
        return 0, 0
    return struct.unpack(">II", picture[_END - 8 : _END])
