"""Where a data set is taken from: a folder, an archive, or a folder of archives."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.formats import Tree

from ..progress_bar import progress_bar
from .archives import find_rivals, is_archive, stem, unpack

_UNPACKED = ".source"
"""Below the prepared folder, so that photos need not be copied from there."""


def open_source(source: Path, out: Path) -> Tree:
    """Lists a data set's files, unpacked below `out` where they are in archives.

    Args:
        source: a folder, an archive, or a folder that holds archives alone, which are unpacked into one tree; those of them that
            hold other files under the same paths, as tasks of one project do, each into a folder of its own name.
        out: the folder that is prepared; exists.

    Raises:
        InputError: there is nothing of the kind, an archive cannot be unpacked, or one of the folders lies in the other.
    """
    archives = [source] if is_archive(source) else _archives_in(source)
    if not archives:
        if os.path.isdir(source) and _inside(out, source):
            raise InputError(f"{out}: lies in {source}, whose files are read; choose a folder outside of it")
        return Tree(source)
    folders = _folders(archives, out / _UNPACKED)
    for archive, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        with progress_bar(f"unpacking {archive.name}") as show:
            unpack(archive, folder, show)
    return Tree(out / _UNPACKED)


def _folders(archives: list[Path], unpacked: Path) -> dict[Path, Path]:
    """Where each archive is unpacked: all into one tree, but those that hold other files of the same paths into their own."""
    with progress_bar("comparing the archives") as show:
        rivals = find_rivals(archives, show)
    stems = Counter(map(stem, rivals))
    folders = {
        archive: unpacked / (stem(archive) if stems[stem(archive)] == 1 else archive.name) if archive in rivals else unpacked
        for archive in archives
    }
    # A run that was stopped may have put them elsewhere, where archives came since.
    layout, place = json.dumps({archive.name: str(folder) for archive, folder in folders.items()}), unpacked / ".layout"
    if unpacked.exists() and not (place.is_file() and place.read_text(encoding="utf-8") == layout):
        shutil.rmtree(unpacked)
    unpacked.mkdir(exist_ok=True)
    write_text(place, layout, "list of archives")
    return folders


def forget_unpacked(out: Path) -> None:
    """Removes what `open_source` unpacked, of which the prepared folder has all it needs."""
    shutil.rmtree(out / _UNPACKED, ignore_errors=True)


def _archives_in(folder: Path) -> list[Path]:
    if not os.path.isdir(folder):
        return []
    visible = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return visible if visible and all(map(is_archive, visible)) else []


def _inside(path: Path, folder: Path) -> bool:
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return os.path.commonpath([path, folder]) == folder
