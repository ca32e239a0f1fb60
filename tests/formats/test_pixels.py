from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.formats.pixels import decode_mask, read_channels, read_codes, read_objects, require_same_size


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _header_of(width: int, height: int) -> bytes:
    """An RGB PNG that says how large it is, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"\0")), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


READERS = [partial(read_channels, mode="RGB"), read_codes, read_objects]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", [b"no picture", _header_of(30_000, 30_000)], ids=["text", "too large"])
def test_a_file_that_cannot_be_read_is_named_in_a_line(tmp_path: Path, read: Callable, content: bytes) -> None:
    path = tmp_path / "map.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^[^\n]*map\.png: cannot be read \([^\n]*; restore the file$"):
        read(path)


def test_a_mask_that_says_it_is_too_large_is_refused() -> None:
    with pytest.raises(InputError, match="its mask cannot be decoded"):
        decode_mask(base64.b64encode(_header_of(30_000, 30_000)).decode(), "task 3")


def test_maps_of_unequal_size_are_both_named() -> None:
    with pytest.raises(InputError, match=r"^o\.png: differs from l\.png in size"):
        require_same_size(np.zeros((2, 3)), Path("o.png"), np.zeros((3, 2)), Path("l.png"))
