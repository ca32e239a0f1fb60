"""Where a data set is taken from: a folder, an archive, or a folder of archives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tfhd.errors import InputError
from tfhd.formats import Tree

from ..progress_bar import progress_bar
from .archives import is_archive, unpack

_UNPACKED = ".source"
"""Below the prepared folder, so that photos need not be copied from there."""


def open_source(source: Path, out: Path) -> Tree:
    """Lists a data set's files, unpacked below `out` where they are in archives.

    Args:
        source: a folder, an archive, or a folder that holds archives alone, which are unpacked into one.
        out: the folder that is prepared; exists.

    Raises:
        InputError: there is nothing of the kind, an archive cannot be unpacked, or one of the folders lies in the other.
    """
    archives = [source] if is_archive(source) else _archives_in(source)
    if not archives:
        if os.path.isdir(source) and _inside(out, source):
            raise InputError(f"{out}: lies in {source}, whose files are read; choose a folder outside of it")
        return Tree(source)
    (out / _UNPACKED).mkdir(exist_ok=True)
    for archive in archives:
        with progress_bar(f"unpacking {archive.name}") as show:
            unpack(archive, out / _UNPACKED, show)
    return Tree(out / _UNPACKED)


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
