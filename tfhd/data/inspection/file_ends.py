"""Looks at the first and last bytes of picture files, since a second decoding of most of them would show nothing."""

from __future__ import annotations

from pathlib import Path

_LENGTH = 1 << 16
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_COLOR_TYPE, _PALETTE = 25, 3
_PNG_END = b"IEND\xaeB`\x82"
_TIFF = (b"II*\0", b"MM\0*")
_METADATA = (b"Exif\0", b"eXIf", b"EXIF", b"Raw profile type", b"xmp", b"http://ns.adobe.com/xap")
"""Marks of the metadata that can turn a photo, in all formats but TIFF, whose tags stand anywhere."""


def read_ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last 64 KiB of a file, both whole where it is shorter; raises `OSError` where it cannot be read."""
    with open(path, "rb") as file:
        head = file.read(_LENGTH)
        if len(head) < _LENGTH:
            return head, head
        file.seek(max(0, file.seek(0, 2) - _LENGTH))
        return head, file.read()


def may_be_turned(head: bytes, tail: bytes) -> bool:
    """Whether a photo may have an EXIF orientation."""
    return head.startswith(_TIFF) or any(mark in head or (tail is not head and mark in tail) for mark in _METADATA)


def may_have_palette(head: bytes) -> bool:
    """Whether a picture may have a palette; false only where its header says that it has none."""
    return not head.startswith(_PNG) or head[_PNG_COLOR_TYPE : _PNG_COLOR_TYPE + 1] == bytes([_PALETTE])


def ends_as_it_should(head: bytes, tail: bytes) -> bool:
    """Whether a file is no PNG, or has a PNG's end: a decoder may have all pixels of a file that is cut off."""
    return not head.startswith(_PNG) or _PNG_END in tail
