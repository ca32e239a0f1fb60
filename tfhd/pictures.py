"""Finds picture files by name, and writes them; `tfhd_client` reads them."""

from __future__ import annotations

import os
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterable, Sequence, Set
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

ARRAY_SUFFIX = ".npy"
"""Suffix of NumPy's files, which hold pictures where the input is pictures."""

_FIRST_BYTES = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|P[1-6]\s|\0\0\0\x0cjP  |....ftyp(?:heic|heix|mif1|avif)",
    re.DOTALL,
)

_SHARED_ENDINGS = re.compile(
    r"(?:[-_. ](?:(?:gt|gt_?fine|gt_?coarse|img|image|photo|left_?img_?8bit|rgb|colou?r|mask|seg|segmentation|semantic|"
    r"annotation|(?:label|inst(?:ance)?)(?:_?(?:train_?)?ids?)?)s?))+$",
    re.I,
)
"""What tools add to the names of photos and maps to tell them apart."""

_METADATA_FOLDERS = ("__MACOSX", "@eaDir")
"""Folders that macOS adds to zip files and Synology's servers to folders, with files for each file."""

OUTPUT_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ARRAY_SUFFIX)


class NamedPictures(NamedTuple):
    """The picture files of a folder by name.

    Attributes:
        folder: the folder that holds them.
        by_name: a file for each name, sorted by path; names are in Unicode's normal form C.
        duplicates: files whose name another file has already, each with one line that says so.
        unreadable: files that are links to nothing, pipes or the like, each with one line that says so; `by_name` has them too.
    """

    folder: Path
    by_name: dict[str, Path]
    duplicates: list[tuple[Path, str]]
    unreadable: list[tuple[Path, str]]


def find_pictures(
    folder: Path, endings: Sequence[str] = (), nested: bool = False, suffixes: Set[str] = PICTURE_SUFFIXES
) -> NamedPictures:
    """Lists picture files by name; hidden files are left out.

    A file's name is its path below the folder without suffix, and without what a picture's suffix inside it (`a.jpg.png`) or one
    of `endings` adds.

    Args:
        folder: where to look.
        endings: what is not part of a name.
        nested: also look in folders below.
        suffixes: those of pictures.

    Raises:
        OSError: the folder cannot be read.
    """
    return name_pictures(folder, list_pictures(folder, nested, suffixes), endings, suffixes=suffixes)


def name_pictures(
    folder: Path,
    paths: Iterable[Path],
    endings: Sequence[str] = (),
    whole_path: bool = True,
    suffixes: Set[str] = PICTURE_SUFFIXES,
) -> NamedPictures:
    """Names files below a folder, as `find_pictures` does, or by their file names alone."""
    found = NamedPictures(folder, {}, [], [])
    for path in sorted(paths):
        if not path.is_file():
            kind = "is a link to a file that does not exist" if path.is_symlink() else "is no file but a pipe or device"
            found.unreadable.append((path, f"{path}: {kind}; put the picture there, or remove it"))
        name = path.relative_to(folder).as_posix() if whole_path else path.name
        name = unicodedata.normalize("NFC", _without_suffix(name, suffixes))
        for ending in endings:
            name = name.removesuffix(ending)
        first = found.by_name.setdefault(name, path)
        if first is not path:
            both = f"{first.relative_to(folder)} and {path.relative_to(folder)}"
            found.duplicates.append((path, f"{folder}: {both} share the name {name!r}; keep one of them"))
    return found


def list_pictures(folder: Path, nested: bool = False, suffixes: Set[str] = PICTURE_SUFFIXES) -> list[Path]:
    """Picture files in a folder, and with `nested` in folders below it; raises `OSError` where one cannot be read.

    What is neither a file nor a folder, a link to nothing for instance, is among them where its name is a picture's.
    """
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if entry.name[0] != "."]
    paths = [folder / entry.name for entry in visible if not entry.is_dir() and _is_picture(entry, suffixes)]
    if nested:
        for entry in visible:
            # Links to folders are followed, unless they lead back up.
            if entry.is_dir() and entry.name not in _METADATA_FOLDERS and not _leads_up(folder, entry):
                paths += list_pictures(folder / entry.name, nested, suffixes)
    return paths


def without_shared_ending(found: NamedPictures) -> NamedPictures:
    """The same files without an ending (`_mask`, `_labels`, ...) that all of their names have, if names stay distinct."""
    endings = {match[0] if (match := _SHARED_ENDINGS.search(name)) else "" for name in found.by_name}
    if len(endings) != 1 or "" in endings:
        return found
    (ending,) = endings
    return found._replace(by_name={name.removesuffix(ending): path for name, path in found.by_name.items()})


def _without_suffix(name: str, suffixes: Set[str]) -> str:
    for _ in range(2):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in suffixes:
            name = stem
    return name


def _is_picture(entry: os.DirEntry, suffixes: Set[str]) -> bool:
    if os.path.splitext(entry.name)[1].lower() in suffixes:
        return True
    if not entry.is_file():
        return False
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
    """Writes a picture by its suffix, whole or not at all; creates the folder if needed.

    Args:
        path: PNG takes 1 to 4 channels of 8 or 16 bits (2 and 4 channels end with what viewers show as opacity), JPEG 8 bits
            of 1 or 3, TIFF and NumPy's .npy anything.
        picture: uint8 or uint16 `(height, width, channels)`.

    Raises:
        InputError: the format does not hold such pictures, or the disk refused; nothing half-written is left.
    """
    _, _, channels = picture.shape
    suffix = path.suffix.lower()
    if suffix in (".jpg", ".jpeg") and (picture.dtype != np.uint8 or channels not in (1, 3)):
        raise InputError(f"{path}: JPEG holds no {channels} channels of {picture.dtype}; end it in .png, .tif or .npy")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot make this folder ({error.strerror}); choose another place") from None
    with written(path, "picture") as partial:
        if suffix == ARRAY_SUFFIX:
            np.save(partial, picture)
        elif suffix in (".tif", ".tiff"):
            _write_tiff(partial, picture)
        elif picture.dtype == np.uint8 or channels == 1:
            Image.fromarray(picture[..., 0] if channels == 1 else picture).save(partial, quality=95)
        else:
            partial.write_bytes(_png(picture))


def _write_tiff(path: Path, picture: np.ndarray) -> None:
    import tifffile  # here, as most pictures are none

    channels = picture.shape[2]
    if channels == 1:
        tifffile.imwrite(path, picture[..., 0], photometric="minisblack")
    else:
        tifffile.imwrite(path, picture, photometric="rgb" if channels in (3, 4) else "minisblack", planarconfig="contig")


def _png(picture: np.ndarray) -> bytes:
    """A PNG file of uint16 `(height, width, channels)`, which Pillow does not write."""
    height, width, channels = picture.shape
    rows = picture.astype(">u2").reshape(height, -1).view(np.uint8)
    # Filter 2: each row minus the one above, which is smaller.
    filtered = np.concatenate([np.full((height, 1), 2, np.uint8), np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))], axis=1)
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes())), (b"IEND", b""))
    packed = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
