"""The chunks of PNG files, and those of WebP."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

_SIGNATURE = 8
_TEXTS = (b"iCCP", b"tEXt", b"zTXt", b"iTXt")
_XMP = b"XML:com.adobe.xmp\0"
_METADATA = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")
"""Where an orientation may be: tools that know no eXIf write it as text."""


def without_texts(data: bytes) -> bytes:
    """A PNG file without colour profile and texts, of which Pillow takes no more than 1 MB; XMP stays, as it may turn it."""
    source = io.BytesIO(data)
    kept = [data[:_SIGNATURE]]
    for kind, start, length in _chunks(source):
        if kind not in _TEXTS or data[start : start + len(_XMP)] == _XMP:
            kept.append(data[start - 8 : start + length + 4])
    return b"".join(kept)


def has_metadata_behind_pixels(file: BinaryIO) -> bool:
    """Whether a PNG file has metadata behind its pixels, which Pillow reads only after them; leaves the file's position."""
    position, pixels = file.tell(), False
    try:
        for kind, _, _ in _chunks(file):
            if pixels and kind in _METADATA:
                return True
            pixels = pixels or kind == b"IDAT"
        return False
    finally:
        file.seek(position)


def is_lossless_webp(file: BinaryIO) -> bool:
    """Whether a WebP file of one picture keeps every pixel (VP8L) rather than approximates it; leaves the file's position."""
    position = file.tell()
    try:
        start = 12
        while True:
            file.seek(start)
            header = file.read(8)
            if len(header) < 8:
                return False
            kind, length = struct.unpack("<4sI", header)
            if kind in (b"VP8L", b"VP8 "):
                return kind == b"VP8L"
            start += 8 + length + length % 2
    finally:
        file.seek(position)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and length of each chunk's data."""
    start = _SIGNATURE
    while True:
        file.seek(start)
        header = file.read(8)
        if len(header) < 8:
            return
        length, kind = struct.unpack(">I4s", header)
        yield kind, start + 8, length
        start += 12 + length
