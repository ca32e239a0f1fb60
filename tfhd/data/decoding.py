"""Reads picture files into arrays, and raw label values into class indices."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfhd.errors import InputError
from tfhd.palettes import MAX_ID, LabelSet

_ID_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")

# Pillow spreads 2- and 4-bit gray over 0..255; dividing by these factors gives the stored numbers back.
_PACKED_GRAY = {"L;2": 85, "L;4": 17}


def read_ids(path: Path) -> np.ndarray:
    """Reads a map of labels or instances exactly as stored: gray of 1 to 16 bits, or the indices of a palette picture.

    Returns:
        int32 (H, W), values 0..65535.

    Raises:
        InputError: the file cannot be read, is cut off, is an RGB or JPEG picture, or holds values outside the range.
    """
    with _opened(path) as image:
        _require_ids(image, path)
        factor = _PACKED_GRAY.get(str(image.tile[0][3]), 1) if image.tile else 1
        image.load()
        ids = np.asarray(image).astype(np.int32) // factor
    if ids.min() < 0 or ids.max() > MAX_ID:
        raise InputError(f"{path}: holds ids {ids.min()}..{ids.max()}; ids must be within 0..{MAX_ID}: renumber them")
    return ids


def read_image(path: Path) -> np.ndarray:
    """Reads a photo as RGB; gray becomes three equal channels, 16 bits become 8, transparency is dropped.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputError: the file cannot be read, is cut off, or holds numbers that are no 8- or 16-bit picture.
    """
    with _opened(path) as image:
        _require_photo(image, path)
        image.load()
        if image.mode in ("I", "I;16", "I;16B", "I;16L"):
            return _gray16_to_rgb(np.asarray(image), path)
        # A palette with transparency loses its colours unless it goes through RGBA.
        return np.asarray((image.convert("RGBA") if image.mode == "P" else image).convert("RGB"))


def read_size(path: Path) -> tuple[int, int]:
    """Reads a picture's height and width from its header; raises `InputError` where it cannot be read."""
    with _opened(path) as image:
        return image.height, image.width


def verify_ids(path: Path) -> tuple[int, int]:
    """Checks, as far as that goes without decoding pixels, that `read_ids` will succeed; returns height and width."""
    with _opened(path) as image:
        _require_ids(image, path)
        return _verify(image)


def verify_image(path: Path) -> tuple[int, int]:
    """Checks, as far as that goes without decoding PNG pixels, that `read_image` will succeed; returns height and width."""
    with _opened(path) as image:
        _require_photo(image, path)
        return _verify(image)


def map_labels(ids: np.ndarray, label_set: LabelSet, path: Path | str) -> np.ndarray:
    """Turns raw label values into class indices.

    Args:
        ids: int (H, W), values 0..65535.
        label_set: says which raw values mean which class.
        path: where the ids come from, for the message.

    Returns:
        int32 (H, W), values 0..num_classes-1.

    Raises:
        InputError: the map holds values that no class has; says which and on how many pixels.
    """
    label = class_of_id(label_set)[ids]
    if label.min() < 0:
        values, counts = np.unique(ids[label < 0], return_counts=True)
        listed = ", ".join(f"{value} ({count} pixels)" for value, count in zip(values[:5], counts[:5], strict=True))
        more = f" and {len(values) - 5} more" if len(values) > 5 else ""
        raise InputError(
            f"{path}: label values outside the label set {label_set.name!r}: {listed}{more}; "
            f"correct the file, or set data.label_set to one that lists them"
        )
    return label


@lru_cache(maxsize=8)
def class_of_id(label_set: LabelSet) -> np.ndarray:
    """The class index of each raw value, -1 where no class has it: int32 (65536,), shared, not to be written to."""
    table = np.full(MAX_ID + 1, -1, np.int32)
    for index, item in enumerate(label_set.classes):
        table[list(item.ids)] = index
    return table


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Opens a picture; whatever Pillow raises while it is open becomes an `InputError` that names the file."""
    try:
        with Image.open(path) as image:
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check data.root") from None
    except UnidentifiedImageError:
        raise InputError(f"{path}: is not a picture that can be read; replace the file") from None
    # Damaged files make Pillow's decoders raise any of these.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        if getattr(error, "strerror", None):  # the system's errors have one, those of decoders have none
            raise InputError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from None
        raise InputError(f"{path}: cannot be decoded, it is damaged or cut off ({_one_line(error)}); replace the file") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _require_ids(image: Image.Image, path: Path) -> None:
    if image.mode not in _ID_MODES:
        raise InputError(
            f"{path}: is a picture of {image.mode} pixels where ids are expected; "
            f"save one number a pixel, as a gray (8 or 16 bit) or palette PNG"
        )
    if image.format == "JPEG":
        raise InputError(f"{path}: is a JPEG file, whose compression changes ids; save label and instance maps as PNG")


def _require_photo(image: Image.Image, path: Path) -> None:
    if image.mode == "F":
        raise InputError(f"{path}: is a floating-point picture; save photos with 8 or 16 bits a channel")


def _verify(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    if image.format == "PNG":
        image.verify()  # checksums of all chunks: finds cut-off files at the price of reading them
    else:
        image.draft("RGB", (1, 1))  # lets JPEG decode at an eighth of its size, which still reads the whole file
        image.load()
    return height, width


def _gray16_to_rgb(gray: np.ndarray, path: Path) -> np.ndarray:
    if gray.min() < 0 or gray.max() > MAX_ID:
        raise InputError(f"{path}: holds gray values {gray.min()}..{gray.max()}; save photos with 8 or 16 bits a channel")
    narrow = ((gray.astype(np.uint32) * 255 + MAX_ID // 2) // MAX_ID).astype(np.uint8)
    return np.repeat(narrow[:, :, np.newaxis], 3, axis=2)
