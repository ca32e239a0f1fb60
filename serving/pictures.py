"""Picture files of a client: ids in, paintings out."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfhd.errors import InputError

OUTPUT_SUFFIXES = (".png", ".jpg", ".jpeg")

File = str | os.PathLike | bytes
"""A picture file: its path, or what it holds."""

_ID_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
# Pillow spreads 2- and 4-bit gray over 0..255; dividing by these factors gives the stored numbers back.
_PACKED_GRAY = {"L;2": 85, "L;4": 17}


def read_ids(file: File) -> np.ndarray:
    """Reads a map of labels or instances as stored: gray of 1 to 16 bits, or the indices of a palette picture.

    Returns:
        int32 `(height, width)`.

    Raises:
        InputError: the file cannot be read, or holds colours where ids are expected.
    """
    with _opened(file, "a gray or palette PNG") as image:
        if image.mode not in _ID_MODES or image.format == "JPEG":
            kind = "a JPEG file" if image.format == "JPEG" else f"a picture of {image.mode} pixels"
            raise InputError(f"{_name(file)}: is {kind} where ids are expected; save one number a pixel as a gray or palette PNG")
        factor = _PACKED_GRAY.get(str(image.tile[0][3]), 1) if image.tile else 1
        image.load()
        return np.asarray(image).astype(np.int32) // factor


def read_photo(file: File) -> np.ndarray:
    """Reads a photo of 8 bits a channel as uint8 `(height, width, 3)`; raises `InputError` where it cannot be read."""
    with _opened(file, "a PNG or JPEG photo") as image:
        return np.asarray(image.convert("RGB"))


def id_png(ids: np.ndarray) -> bytes:
    """A map of labels or instances, uint8 or uint16 `(height, width)`, as a gray PNG of as many bits."""
    file = io.BytesIO()
    Image.fromarray(ids).save(file, "PNG")
    return file.getvalue()


def check_output(path: Path) -> None:
    """Raises `InputError` unless `path` is one that `write_picture` can write to; for use before the work is done."""
    if path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise InputError(f"{path}: cannot write {path.suffix or 'a file without suffix'}; end it in {', '.join(OUTPUT_SUFFIXES)}")
    if not os.path.isdir(path.parent):  # Path.is_dir raises where a folder above may not be entered
        raise InputError(f"{path}: no folder {path.parent}; create it first")


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes uint8 `(height, width, 3)` as PNG or JPEG by suffix, beside first and then renamed; makes the folder if need be.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    partial = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot make this folder ({error.strerror}); choose another place") from None
    try:
        Image.fromarray(picture).save(partial, quality=95)
        partial.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot write the picture ({error.strerror or error}); free disk space or choose another place"
        ) from None
    finally:
        with suppress(OSError):  # it is not there, as a rule, or cannot be
            partial.unlink()


@contextmanager
def _opened(file: File, wanted: str) -> Iterator[Image.Image]:
    """Opens a picture; whatever Pillow raises while it is open becomes an `InputError` that names the file."""
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            yield image
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(f"{_name(file)}: is not a picture that can be read; give {wanted}") from None
    # Damaged files make Pillow's decoders raise any of these.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or cut off"
        raise InputError(f"{_name(file)}: cannot be read ({reason}); give {wanted}") from None


def _name(file: File) -> str:
    return "the picture" if isinstance(file, bytes) else os.fspath(file)
