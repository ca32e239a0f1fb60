"""Finds picture files by name, and writes them; `tfhd_client` reads them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tfhd.errors import InputError
from tfhd.files import written

PICTURE_SUFFIXES = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".gif", ".jp2"),
        *(".heic", ".heif", ".avif"),  # not all of which can be read here, which is better said than left unsaid
    }
)
"""Suffixes of files that are taken for pictures, in small letters; others are if they start as pictures do."""

_FIRST_BYTES = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|P[1-6]\s|\0\0\0\x0cjP  |....ftyp(?:heic|heix|mif1|avif)",
    re.DOTALL,
)

_SHARED_ENDINGS = re.compile(
    r"[-_. ](?:gt|img|image|photo|rgb|mask|seg|segmentation|label(?:_?ids?)?|inst(?:ance)?(?:_?ids?)?)s?$", re.I
)
"""What tools add to the names of photos and maps to tell them apart."""

_MAC_METADATA = "__MACOSX"
"""A folder that macOS adds to zip files, with a hidden file for each file."""

OUTPUT_SUFFIXES = (".png", ".jpg", ".jpeg")


class NamedPictures(NamedTuple):
    """The picture files of a folder by name.

    Attributes:
        folder: the folder that holds them.
        by_name: a file for each name, sorted by path; names are in Unicode's normal form C.
        duplicates: files whose name another file has already, each with one line that says so.
    """

    folder: Path
    by_name: dict[str, Path]
    duplicates: list[tuple[Path, str]]


def find_pictures(folder: Path, endings: Sequence[str] = (), nested: bool = False) -> NamedPictures:
    """Lists picture files by name; hidden files are left out.

    A file's name is its path below the folder without suffix, and without what a picture's suffix inside it (`a.jpg.png`) or one
    of `endings` adds.

    Args:
        folder: where to look.
        endings: what is not part of a name.
        nested: also look in folders below.

    Raises:
        OSError: the folder cannot be read.
    """
    return name_pictures(folder, list_pictures(folder, nested), endings)


def name_pictures(folder: Path, paths: Iterable[Path], endings: Sequence[str] = (), whole_path: bool = True) -> NamedPictures:
    """Names files below a folder, as `find_pictures` does, or by their file names alone."""
    found = NamedPictures(folder, {}, [])
    for path in sorted(paths):
        name = path.relative_to(folder).as_posix() if whole_path else path.name
        name = unicodedata.normalize("NFC", _without_suffix(name))
        for ending in endings:
            name = name.removesuffix(ending)
        first = found.by_name.setdefault(name, path)
        if first is not path:
            both = f"{first.relative_to(folder)} and {path.relative_to(folder)}"
            found.duplicates.append((path, f"{folder}: {both} share the name {name!r}; keep one of them"))
    return found


def list_pictures(folder: Path, nested: bool = False) -> list[Path]:
    """Picture files in a folder, and with `nested` in folders below it; raises `OSError` where one cannot be read."""
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if entry.name[0] != "."]
    paths = [folder / entry.name for entry in visible if entry.is_file() and _is_picture(entry)]
    if nested:
        for entry in visible:
            # Links to folders are followed, unless they lead back up.
            if entry.is_dir() and entry.name != _MAC_METADATA and not _leads_up(folder, entry):
                paths += list_pictures(folder / entry.name, nested)
    return paths


def without_shared_ending(found: NamedPictures) -> NamedPictures:
    """The same files without an ending (`_mask`, `_labels`, ...) that all of their names have, if names stay distinct."""
    endings = {match[0] if (match := _SHARED_ENDINGS.search(name)) else "" for name in found.by_name}
    if len(endings) != 1 or "" in endings:
        return found
    (ending,) = endings
    return found._replace(by_name={name.removesuffix(ending): path for name, path in found.by_name.items()})


def _without_suffix(name: str) -> str:
    for _ in range(2):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in PICTURE_SUFFIXES:
            name = stem
    return name


def _is_picture(entry: os.DirEntry) -> bool:
    if os.path.splitext(entry.name)[1].lower() in PICTURE_SUFFIXES:
        return True
    with suppress(OSError), open(entry.path, "rb") as file:
        return _FIRST_BYTES.match(file.read(16)) is not None
    return False


def _leads_up(folder: Path, entry: os.DirEntry) -> bool:
    if not entry.is_symlink():
        return False
    target, here = os.path.realpath(entry.path), os.path.realpath(folder)
    return os.path.commonpath([target, here]) == target


def describe_folder(folder: Path) -> str:
    """What a folder holds, for a message that something else was looked for: `a, b, c, ...`, or `nothing`."""
    try:
        names = sorted(entry.name + "/" * entry.is_dir() for entry in os.scandir(folder))
    except OSError as error:
        return f"nothing that can be read ({error.strerror})"
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "") if names else "nothing"


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


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures as uint8, from float in [-1, 1] of the same shape; what is outside is cut off."""
    return np.clip(np.rint((pictures + 1.0) * 127.5), 0, 255).astype(np.uint8)
