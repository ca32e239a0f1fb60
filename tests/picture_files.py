"""Bytes of picture files that Pillow reads but does not write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PIL import Image


def encoded(array: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """A file that Pillow writes."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, depth: int, colour: int, rows: Sequence[bytes], before: bytes = b"", behind: bytes = b"") -> bytes:
    """A PNG of any bit depth and colour type; `before` and `behind` are chunks around its pixels."""
    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    pixels = png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + before + pixels + behind + png_chunk(b"IEND", b"")


def packed(values: Sequence[int], bits: int) -> bytes:
    """A row of numbers of 1, 2, 4 or 8 bits."""
    text = "".join(format(value, f"0{bits}b") for value in values)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[start : start + 8], 2) for start in range(0, len(text), 8))


def palette_png(indices: Sequence[Sequence[int]], colors: Iterable[Sequence[int]], opacity: bytes = b"") -> bytes:
    """An 8-bit palette PNG whose palette has exactly these colours."""
    chunks = png_chunk(b"PLTE", b"".join(bytes(color) for color in colors))
    chunks += png_chunk(b"tRNS", opacity) if opacity else b""
    return png(len(indices[0]), 8, 3, [bytes(row) for row in indices], chunks)


def tiff(width: int, height: int, data: bytes, bits: int, order: str = "<", **tags: int | Sequence[int]) -> bytes:
    """An uncompressed TIFF of one strip; tags by name: photometric (1), samples (1), sample_format, orientation."""
    numbers = {"photometric": 262, "samples": 277, "sample_format": 339, "orientation": 274, "colors": 320}
    samples = tags.get("samples", 1)
    values = {256: width, 257: height, 258: [bits] * samples, 259: 1, 262: 1, 273: 0, 277: samples, 278: height, 279: len(data)}
    values |= {numbers[name]: value for name, value in tags.items()}
    start = 8 + 2 + 12 * len(values) + 4
    entries, behind = b"", b""
    lists = {tag: [value] if isinstance(value, int) else list(value) for tag, value in sorted(values.items())}
    sizes = sum(2 * len(items) for items in lists.values() if len(items) > 2)
    lists[273] = [start + sizes]
    for tag, items in lists.items():
        kind, letter = (4, "I") if tag in (273, 279) else (3, "H")
        content = struct.pack(order + letter * len(items), *items)
        if len(content) > 4:
            content, behind = struct.pack(order + "I", start + len(behind)), behind + content
        entries += struct.pack(order + "HHI", tag, kind, len(items)) + content.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(values))
    return head + entries + b"\0\0\0\0" + behind + data


def gray_bmp(bits: int, levels: Sequence[int], values: Sequence[int]) -> bytes:
    """A BMP of one row, up to 32 bits of numbers, with a palette of grays."""
    start = 54 + 4 * len(levels)
    row = packed(values, bits).ljust(4, b"\0")
    header = struct.pack("<IiiHHIIiiII", 40, len(values), 1, 1, bits, 0, 4, 0, 0, len(levels), 0)
    palette = b"".join(bytes([level, level, level, 0]) for level in levels)
    return b"BM" + struct.pack("<IHHI", start + 4, 0, 0, start) + header + palette + row


def png_that_says(width: int, height: int) -> bytes:
    """An RGB PNG that says how large it is, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (png_chunk(b"IHDR", header), png_chunk(b"IDAT", zlib.compress(b"\0")), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
