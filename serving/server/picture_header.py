"""Size of a picture file, from its header alone."""

from __future__ import annotations

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE = 16
"""Offset of width and height in a PNG file."""
_JPEG = b"\xff\xd8\xff"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of the segments of a JPEG file that hold its size, one for each way of coding."""


def picture_size(picture: bytes) -> tuple[int, int]:
    """Returns width and height as the header of a PNG or JPEG file states them; (0, 0) where there is no header."""
    if picture.startswith(_PNG) and len(picture) >= _PNG_SIZE + 8:
        return struct.unpack_from(">II", picture, _PNG_SIZE)
    return _jpeg_size(picture) if picture.startswith(_JPEG) else (0, 0)


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(picture) and picture[place] == 0xFF:
        marker, (length,) = picture[place + 1], struct.unpack_from(">H", picture, place + 2)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", picture, place + 5)
            return width, height
        place += 1 if marker == 0xFF else 2 + length  # 0xFF may fill up the space before a marker
    return 0, 0
