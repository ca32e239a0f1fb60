"""Label and instance maps that have another size than their photos, by a factor of two."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from tfhd.errors import InputError
from tfhd_client import photo_orientation

MapSize = Literal["same", "half", "twice"]
MAP_SIZE_HELP = (
    "half, twice: maps have half or twice the height and width of their photos, and are brought to the photos' size, to the "
    "nearest pixel."
)

_TURNED = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""


def at_photo_size(
    ids: np.ndarray, path: Path, photo_size: tuple[int, int], photo_path: Path, map_size: MapSize = "same"
) -> np.ndarray:
    """Returns a map at the size of its photo.

    Args:
        ids: `(height, width)` of any dtype.
        path: of the map, for messages.
        photo_size: height and width of the photo, upright.
        photo_path: of the photo, for messages.
        map_size: how the map's size relates to the photo's; half of an odd number is rounded either way.

    Raises:
        InputError: the map has another size than that.
    """
    if map_size == "same":
        require_same_size(path, ids.shape, photo_path, photo_size)
        return ids
    if not _fits(ids.shape, photo_size, map_size) or 0 in ids.shape:
        sizes = _sizes(path, ids.shape, photo_path, photo_size)
        if _fits(ids.shape, photo_size[::-1], map_size):
            _raise_if_turned(sizes, photo_path)
        raise InputError(f"{sizes}, and not {map_size} its size as data.map_size says")
    rows, columns = (
        np.minimum((2 * np.arange(photo) + 1) * own // (2 * photo), own - 1)
        for own, photo in zip(ids.shape, photo_size, strict=True)
    )
    return ids[np.ix_(rows, columns)]


def require_same_size(path: Path, size: tuple[int, ...], photo_path: Path, photo_size: tuple[int, ...]) -> None:
    """Raises `InputError` unless a map has its photo's size (height, width)."""
    (height, width), (photo_height, photo_width) = size[:2], photo_size[:2]
    if (height, width) == (photo_height, photo_width):
        return
    sizes = _sizes(path, size, photo_path, photo_size)
    if (height, width) == (photo_width, photo_height):
        _raise_if_turned(sizes, photo_path)
    raise InputError(f"{sizes}; make both the same size{_by_half(size, photo_size)}")


def _fits(size: tuple[int, ...], photo_size: tuple[int, ...], map_size: MapSize) -> bool:
    pairs = zip(size, photo_size, strict=True)
    if map_size == "half":
        return all(photo // 2 <= own <= (photo + 1) // 2 for own, photo in pairs)
    return all(own == 2 * photo for own, photo in pairs)


def _raise_if_turned(sizes: str, photo_path: Path) -> None:
    """Raises `InputError` where a photo's orientation exchanges width and height, and the map fits the photo without it."""
    orientation = photo_orientation(photo_path)
    if orientation in _TURNED:
        raise InputError(
            f"{sizes} once it is turned as its EXIF orientation {orientation} says; the map fits the photo as it is stored: "
            "turn the map as well, or remove the photo's orientation"
        )


def _sizes(path: Path, size: tuple[int, ...], photo_path: Path, photo_size: tuple[int, ...]) -> str:
    own, photo = (f"{width}x{height}" for height, width in (size[:2], photo_size[:2]))
    return f"{path} is {own} (width x height) but its photo {photo_path} is {photo}"


def _by_half(size: tuple[int, ...], photo_size: tuple[int, ...]) -> str:
    """Names the setting that takes maps of half or twice the size."""
    for map_size, own, photo in (("half", size, photo_size), ("twice", photo_size, size)):
        if all(2 * one == other for one, other in zip(own[:2], photo[:2], strict=True)):
            return f", or set data.map_size to {map_size} where all maps are so"
    return ""
