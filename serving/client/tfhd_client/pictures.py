"""Reads picture files into arrays: maps of ids exactly as stored, photos as RGB."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, UnidentifiedImageError

from .errors import InputError

File = str | os.PathLike | bytes
"""A picture file: its path or its bytes."""

MAX_ID = 65535
"""The largest id of a label or instance map, which is the largest number in a 16-bit PNG."""

_ID_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
_WIDE_GRAY_MODES = ("I", "I;16", "I;16B", "I;16L")

# Pillow spreads 2- and 4-bit gray over 0..255; dividing by these factors gives the stored numbers back.
_PACKED_GRAY = {"L;2": 85, "L;4": 17}


def read_ids(file: File) -> np.ndarray:
    """Reads a map of labels or instances exactly as stored: gray of 1 to 16 bits, or the indices of a palette picture.

    Returns:
        int32 `(height, width)`, values 0..65535.

    Raises:
        InputError: the file cannot be read, is cut off, is an RGB or JPEG picture, or holds values outside the range.
    """
    with _opened(file) as image:
        _require_ids(image, file)
        factor = _PACKED_GRAY.get(str(image.tile[0][3]), 1) if image.tile else 1
        image.load()
        ids = np.asarray(image).astype(np.int32) // factor
    if ids.min() < 0 or ids.max() > MAX_ID:
        raise InputError(f"{_name(file)}: holds ids {ids.min()}..{ids.max()}; ids must be within 0..{MAX_ID}: renumber them")
    return ids


def read_photo(file: File) -> np.ndarray:
    """Reads a photo as RGB; gray becomes three equal channels, 16 bits become 8, transparency is dropped.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        InputError: the file cannot be read, is cut off, or holds numbers outside those of 8- and 16-bit pictures.
    """
    with _opened(file) as image:
        _require_photo(image, file)
        image.load()
        if image.mode in _WIDE_GRAY_MODES:
            return _gray16_to_rgb(np.asarray(image), file)
        # A palette with transparency loses its colours unless it goes through RGBA.
        return np.asarray((image.convert("RGBA") if image.mode == "P" else image).convert("RGB"))


def read_size(file: File) -> tuple[int, int]:
    """Reads a picture's height and width from its header; raises `InputError` where it cannot be read."""
    with _opened(file) as image:
        return image.height, image.width


def verify_ids(file: File) -> tuple[int, int]:
    """Checks, as far as possible without decoding pixels, that `read_ids` will succeed; returns height and width."""
    with _opened(file) as image:
        _require_ids(image, file)
        return _verify(image)


def verify_photo(file: File) -> tuple[int, int]:
    """Checks, as far as possible without decoding PNG pixels, that `read_photo` will succeed; returns height and width."""
    with _opened(file) as image:
        _require_photo(image, file)
        return _verify(image)


def id_png(ids: np.ndarray) -> bytes:
    """Encodes a map of labels or instances, uint8 or uint16 `(height, width)`, as a gray PNG file of as many bits."""
    file = io.BytesIO()
    Image.fromarray(ids).save(file, "PNG")
    return file.getvalue()


@contextmanager
def _opened(file: File) -> Iterator[Image.Image]:
    """Opens a picture; whatever Pillow raises while it is open becomes an `InputError` that names the file."""
    name = _name(file)
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{name}: no such file; check the path") from None
    except UnidentifiedImageError:
        raise InputError(f"{name}: is not a picture that can be read; replace the file") from None
    # Damaged files make Pillow's decoders raise any of these.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        if getattr(error, "strerror", None):  # the system's errors have one, those of decoders have none
            raise InputError(f"{name}: cannot be read ({error.strerror}); check the file and its permissions") from None
        raise InputError(f"{name}: cannot be decoded, it is damaged or cut off ({_one_line(error)}); replace the file") from None


def _name(file: File) -> str:
    return "the picture" if isinstance(file, bytes) else os.fspath(file)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _require_ids(image: Image.Image, file: File) -> None:
    if image.mode not in _ID_MODES:
        raise InputError(
            f"{_name(file)}: is a picture of {image.mode} pixels where ids are expected; "
            f"save one number per pixel, as a gray (8 or 16 bit) or palette PNG"
        )
    if image.format == "JPEG":
        raise InputError(f"{_name(file)}: is a JPEG file, whose compression changes ids; save label and instance maps as PNG")


def _require_photo(image: Image.Image, file: File) -> None:
    if image.mode == "F":
        raise InputError(f"{_name(file)}: is a floating-point picture; save photos with 8 or 16 bits per channel")


def _verify(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    if image.format == "PNG":
        image.verify()  # checksums of all chunks: finds cut-off files at the price of reading them
    else:
        image.draft("RGB", (1, 1))  # lets JPEG decode at an eighth of its size, which still reads the whole file
        image.load()
    return height, width


def _gray16_to_rgb(gray: np.ndarray, file: File) -> np.ndarray:
    if gray.min() < 0 or gray.max() > MAX_ID:
        raise InputError(
            f"{_name(file)}: holds gray values {gray.min()}..{gray.max()}; save photos with 8 or 16 bits per channel"
        )
    narrow = ((gray.astype(np.uint32) * 255 + MAX_ID // 2) // MAX_ID).astype(np.uint8)
    return np.repeat(narrow[:, :, np.newaxis], 3, axis=2)
