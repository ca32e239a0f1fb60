"""TIFF files that Pillow misreads without an error: mended before their pixels are decoded, or refused."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .errors import InputError

_BITS, _COMPRESSION, _SAMPLES, _PLANES = 258, 259, 277, 284
_NO_COMPRESSION, _SEPARATE = 1, 2
_CHANNELS = {"LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}

_SWAPPED_TWICE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
"""Pillow's names of signed and floating-point numbers, high byte first, and of the same numbers in the machine's order, to which
libtiff brings what it decompresses."""


def mend_tiff(image: Image.Image, name: str) -> None:
    """Corrects how an opened picture will be decoded, where Pillow 13 has it wrong; other formats are left alone.

    Args:
        image: of which the header alone has been read.
        name: of the file, for messages.

    Raises:
        InputError: two samples per pixel in separate planes, which Pillow mixes up.
    """
    if image.format != "TIFF":
        return
    tags = image.tag_v2
    if tags.get(_PLANES, 1) == _SEPARATE:
        if tags.get(_SAMPLES, 1) == 2:
            raise InputError(f"{name}: is a TIFF file of two samples per pixel in separate planes; save it as PNG")
        raw = image.tile[0].args[0] if image.tile else ""
        if tiff_bits(image) == 16 and tags.get(_COMPRESSION, 1) == _NO_COMPRESSION and ";" not in raw:
            order = "L" if tags.prefix == b"II" else "B"  # of both bytes; Pillow takes each byte for a sample
            image.tile = [tile._replace(args=(f"{tile.args[0]};16{order}", *tile.args[1:])) for tile in image.tile]
    image.tile = [
        tile._replace(args=(_SWAPPED_TWICE.get(tile.args[0], tile.args[0]), *tile.args[1:]))
        if tile.codec_name == "libtiff"
        else tile
        for tile in image.tile
    ]


def tiff_bits(image: Image.Image) -> int:
    """Bits of the samples of an opened TIFF, the most where they differ; 8 for other pictures."""
    return int(max(np.atleast_1d(image.tag_v2.get(_BITS, 1)))) if image.format == "TIFF" else 8


def further_samples(image: Image.Image) -> int:
    """How many samples of each pixel of an opened TIFF Pillow leaves out; 0 for other pictures."""
    return image.tag_v2.get(_SAMPLES, 1) - _CHANNELS.get(image.mode, 1) if image.format == "TIFF" else 0
