"""Decodes the map files that formats share, beyond what `tfhd_client` reads as ids."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from tfhd.errors import InputError
from tfhd_client import read_ids

MAX_PIXELS = 178_956_970
"""Of one map: what Pillow allows at most."""
MAX_MASK_BYTES = 1 << 28
"""Of a mask inside an annotation, unpacked."""


_DECODING_ERRORS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises of a file."""


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture; raises `InputError` where Pillow fails on it, also inside the block."""
    try:
        with Image.open(path) as image:
            yield image
    except InputError:
        raise
    except _DECODING_ERRORS as error:
        raise InputError(f"{path}: cannot be read ({str(error)[:80]}); restore the file") from None


def read_channels(path: Path, mode: str) -> np.ndarray:
    """Reads a map whose channels are numbers of their own: uint8 (H, W, 3) for mode RGB, (H, W, 4) for RGBA.

    Raises:
        InputError: it cannot be read, is no PNG, or lacks channels.
    """
    with _opened(path) as image:
        if image.format != "PNG" or image.mode not in ("RGB", "RGBA") or len(image.mode) < len(mode):
            raise InputError(f"{path}: is {image.format} of mode {image.mode}, expected a PNG of mode {mode}; export it again")
        return np.asarray(image)[..., : len(mode)]


def read_codes(path: Path) -> np.ndarray:
    """Reads a map in colours as one number for each colour: int64 (H, W), red << 16 | green << 8 | blue; black is 0.

    Palettes count as the colours that they show.

    Raises:
        InputError: the file cannot be read.
    """
    with _opened(path) as image:
        if image.format not in ("PNG", "BMP"):
            raise InputError(f"{path}: is {image.format}, which may change colours; export the map as PNG")
        colors = np.asarray(image.convert("RGB")).astype(np.int64)
    return colors[..., 0] << 16 | colors[..., 1] << 8 | colors[..., 2]


def read_objects(path: Path) -> np.ndarray:
    """Reads a map of object numbers, gray, palette or in colours: int64 (H, W), 0 (black) is none.

    Raises:
        InputError: the file cannot be read.
    """
    with _opened(path) as image:
        in_colors = image.mode in ("RGB", "RGBA")
    return read_codes(path) if in_colors else read_ids(path).astype(np.int64)


def decode_mask(text: str, where: str, zipped: bool = False) -> np.ndarray:
    """Decodes a mask that an annotation holds as a picture in base64: bool (H, W), where it is opaque, or not black.

    Args:
        text: base64.
        where: it is, for messages.
        zipped: whether zlib packed the picture.

    Raises:
        InputError: it cannot be decoded, or is too large.
    """
    try:
        data = base64.b64decode(text, validate=True)
        if zipped:
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(data, MAX_MASK_BYTES)
            if unpacker.unconsumed_tail:
                raise InputError(f"{where}: its mask is larger than {MAX_MASK_BYTES >> 20} MiB; draw it smaller")
        with Image.open(io.BytesIO(data)) as image:
            if image.mode in ("RGBA", "LA") or "transparency" in image.info:
                return np.asarray(image.convert("RGBA"))[..., 3] > 0
            return np.asarray(image if image.mode in ("1", "L", "P") else image.convert("L")) > 0
    except InputError:
        raise
    except (TypeError, binascii.Error, zlib.error, *_DECODING_ERRORS) as error:
        raise InputError(f"{where}: its mask cannot be decoded ({str(error)[:80]}); export the annotations again") from None


def require_same_size(objects: np.ndarray, path: Path, label: np.ndarray, label_path: Path) -> None:
    """Raises `InputError` where a map of objects, `(H, W)`, differs from its label map in size."""
    if objects.shape != label.shape:
        raise InputError(f"{path}: differs from {label_path} in size; restore or export both again")


def require_shape(shape: object, where: str) -> tuple[int, int]:
    """Height and width that an annotation gives, checked; raises `InputError` where they are no sizes or too large."""
    if (
        isinstance(shape, tuple)
        and all(isinstance(side, int) and side > 0 for side in shape)
        and shape[0] * shape[1] <= MAX_PIXELS
    ):
        return shape
    raise InputError(f"{where}: its height and width are {shape}; expected whole numbers above 0, of {MAX_PIXELS} pixels at most")
