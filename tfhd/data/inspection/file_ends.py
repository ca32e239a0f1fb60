"""Looks at the first and last bytes of picture files, which is enough for most of them and faster than Pillow."""

from __future__ import annotations

from pathlib import Path

_LENGTH = 1 << 16
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_XMP_OF_JPEG = b"http://ns.adobe.com/xap"
_METADATA = {_PNG: (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp"), _JPEG: (b"Exif\0", _XMP_OF_JPEG)}
"""Marks of the metadata that can turn a photo, by how its file begins."""


def may_be_turned(path: Path) -> bool:
    """Whether a photo may have an EXIF orientation: true unless its format shows metadata at one end, and there is none."""
    with open(path, "rb") as file:
        head = file.read(_LENGTH)
        marks = next((marks for start, marks in _METADATA.items() if head.startswith(start)), None)
        if marks is None or any(mark in head for mark in marks):
            return True
        if len(head) < _LENGTH or head.startswith(_JPEG):  # JPEG has its metadata before its pixels
            return False
        file.seek(max(_LENGTH, file.seek(0, 2) - _LENGTH))
        tail = file.read()
        return any(mark in tail for mark in marks)
