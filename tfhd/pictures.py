"""Finds picture files by name, and writes them; `tfhd_client` reads them, with `read_ids` and `read_photo`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tfhd.errors import InputError
from tfhd.files import written

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
"""Suffixes of files that are taken for pictures, in small letters."""

OUTPUT_SUFFIXES = (".png", ".jpg", ".jpeg")


class NamedPictures(NamedTuple):
    """The picture files of a folder by name.

    Attributes:
        folder: the folder that holds them.
        by_name: a file for each name, sorted by path.
        duplicates: files whose name another file has already, each with one line that says so.
    """

    folder: Path
    by_name: dict[str, Path]
    duplicates: list[tuple[Path, str]]


def find_pictures(folder: Path, paths: Iterable[Path] | None = None, endings: Sequence[str] = ()) -> NamedPictures:
    """Lists picture files by name; hidden files are left out.

    Args:
        folder: where to look.
        paths: files below the folder to choose from; by default, those directly in it.
        endings: what is not part of a name: a file is named after its stem without these.

    Raises:
        OSError: the folder cannot be read.
    """
    candidates = folder.iterdir() if paths is None else paths
    found = NamedPictures(folder, {}, [])
    for path in sorted(path for path in candidates if path.suffix.lower() in PICTURE_SUFFIXES and path.name[0] != "."):
        name = path.stem
        for ending in endings:
            name = name.removesuffix(ending)
        first = found.by_name.setdefault(name, path)
        if first is not path:
            line = f"{folder}: {first.name} and {path.name} share the name {name!r}; keep one of them"
            found.duplicates.append((path, line))
    return found


def list_paths(paths: Sequence[Path]) -> str:
    """The first three paths, for a message about all of them."""
    return ", ".join(map(str, paths[:3])) + (", ..." if len(paths) > 3 else "")


def check_output(path: Path) -> None:
    """Raises `InputError` unless `path` is one that `write_picture` can write to; call it before the work is done."""
    if path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise InputError(f"{path}: cannot write {path.suffix or 'a file without suffix'}; end it in {', '.join(OUTPUT_SUFFIXES)}")
    if not os.path.isdir(path.parent):  # Path.is_dir raises where a folder above may not be entered
        raise InputError(f"{path}: no folder {path.parent}; create it first")


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes uint8 `(height, width, 3)` as PNG or JPEG by suffix, whole or not at all; creates the folder if needed.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot make this folder ({error.strerror}); choose another place") from None
    with written(path, "picture") as partial:
        Image.fromarray(picture).save(partial, quality=95)
