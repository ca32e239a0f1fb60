"""How arrays travel between the page and the server: one JSON header and raw bytes, with no encoding in between.

A frame is the header's length (uint32, little-endian), the header (JSON, whose "parts" lists the lengths of the parts), and the
parts one after the other. `frames.js` is the same in the page.
"""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfhd.errors import InputError

_LONGEST_HEADER = 4 << 20
_DAMAGED = "the request is not one of the editor's page; reload the page"


class Frame(NamedTuple):
    """A header and its parts."""

    header: dict[str, Any]
    parts: list[bytes]


def pack(header: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """Encodes a header, which can be JSON and has no "parts", and bytes."""
    text = json.dumps({**header, "parts": [len(part) for part in parts]}, allow_nan=False).encode()
    return b"".join([struct.pack("<I", len(text)), text, *parts])


def unpack(data: bytes, count: int) -> Frame:
    """Decodes a frame of `count` parts; raises `InputError` where it is none."""
    if len(data) < 4:
        raise InputError(_DAMAGED)
    (length,) = struct.unpack_from("<I", data)
    if length > min(len(data) - 4, _LONGEST_HEADER):
        raise InputError(_DAMAGED)
    header = parse_json(data[4 : 4 + length], _DAMAGED)
    lengths = header.pop("parts", None)
    if not isinstance(lengths, list) or len(lengths) != count or any(type(each) is not int or each < 0 for each in lengths):
        raise InputError(_DAMAGED)
    if 4 + length + sum(lengths) != len(data):
        raise InputError(_DAMAGED)
    ends = 4 + length + np.cumsum([0, *lengths])
    return Frame(header, [data[begin:end] for begin, end in itertools.pairwise(ends.tolist())])


def parse_json(text: bytes, message: str) -> dict[str, Any]:
    """Parses a JSON object; raises `InputError` with `message` where it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(message) from None
    if not isinstance(value, dict):
        raise InputError(message)
    return value


def read_map(part: bytes, height: int, width: int) -> np.ndarray:
    """A map of ids that the page sent: uint16 `(height, width)`; raises `InputError` where its length is another."""
    if len(part) != 2 * height * width:
        raise InputError(_DAMAGED)
    return np.frombuffer(part, "<u2").reshape(height, width)


def map_bytes(ids: np.ndarray) -> bytes:
    """A map of ids 0..65535 as the page takes it."""
    return ids.astype("<u2").tobytes()
