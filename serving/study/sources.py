"""Finds the pictures of each method, and reads those of one name."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfhd.errors import InputError
from tfhd.pictures import find_pictures
from tfhd_client import read_photo

_LISTED = 5


class Source(NamedTuple):
    """The picture files of one method, or maps.

    Attributes:
        flag: that named the folder, for messages.
        folder: that holds them.
        by_name: sorted.
    """

    flag: str
    folder: Path
    by_name: dict[str, Path]


def find_source(flag: str, folder: Path) -> Source:
    """The pictures of a folder; raises `InputError` where it has none, or two of one name."""
    try:
        found = find_pictures(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); give {flag} a folder of pictures") from None
    if found.duplicates:
        raise InputError(found.duplicates[0][1])
    if not found.by_name:
        raise InputError(f"{folder}: holds no picture; give {flag} a folder of pictures")
    return Source(flag, folder, found.by_name)


def paired_names(sources: list[Source]) -> list[str]:
    """The names of the pictures, sorted; raises `InputError` that lists what is missing in which folder."""
    names = sorted(set().union(*(source.by_name for source in sources)))
    gaps = []
    for source in sources:
        missing = [name for name in names if name not in source.by_name]
        if missing:
            listed = ", ".join(missing[:_LISTED]) + (", ..." if len(missing) > _LISTED else "")
            gaps.append(f"{source.flag} {source.folder} lacks {len(missing)} of {len(names)} ({listed})")
    if gaps:
        raise InputError(
            f"pictures without partners of the same name: {'; '.join(gaps)}; add these files or remove their partners"
        )
    return names


def read_pictures(paths: list[Path]) -> list[np.ndarray]:
    """The pictures of one name, uint8 `(height, width, 3)`; raises `InputError` where they differ in size."""
    pictures = [read_photo(path) for path in paths]
    for path, picture in zip(paths, pictures, strict=True):
        require_size(path, picture, paths[0], pictures[0], "pictures of one name must be of one size")
    return pictures


def require_size(path: Path, array: np.ndarray, other_path: Path, other: np.ndarray, rule: str) -> None:
    """Raises `InputError`, with the rule at its end, where two arrays differ in height or width."""
    (height, width), (rows, columns) = array.shape[:2], other.shape[:2]
    if (height, width) != (rows, columns):
        raise InputError(f"{path}: is {width}x{height}, but {other_path} is {columns}x{rows}; {rule}")
