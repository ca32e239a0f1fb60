"""Finds the pictures of each method, and reads those of one name."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfhd.errors import InputError
from tfhd.pictures import find_pictures
from tfhd_client import read_photo

from .texts import listed


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
    for name, path in found.by_name.items():
        if not _is_text(name):
            raise InputError(f"{path}: its name is not UTF-8, as which names are stored; rename the file")
    return Source(flag, folder, found.by_name)


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8; Python holds other bytes as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def paired_names(sources: list[Source]) -> list[str]:
    """The names of the pictures, sorted; raises `InputError` that lists what is missing in which folder."""
    names = sorted(set().union(*(source.by_name for source in sources)))
    gaps = []
    for source in sources:
        missing = [name for name in names if name not in source.by_name]
        if missing:
            gaps.append(f"{source.flag} {source.folder} lacks {len(missing)} of {len(names)} ({listed(missing)})")
    if gaps:
        raise InputError(
            f"pictures without partners of the same name: {'; '.join(gaps)}; add these files or remove their partners"
        )
    return names


def read_pictures(paths: list[Path]) -> list[np.ndarray]:
    """The pictures of one name, uint8 `(height, width, 3)`."""
    return [read_photo(path) for path in paths]


def size_fault(arrays: list[tuple[Path, np.ndarray]]) -> str | None:
    """Which of some files differs from the first in height or width; None where none does."""
    path, first = arrays[0]
    height, width = first.shape[:2]
    for other_path, other in arrays[1:]:
        if other.shape[:2] != (height, width):
            return f"{other_path} is {other.shape[1]}x{other.shape[0]}, but {path} is {width}x{height}"
    return None
