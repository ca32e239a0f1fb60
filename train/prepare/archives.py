"""Unpacks zip and tar files of data sets: within bounds, and never outside the folder."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from tfhd.errors import InputError
from tfhd.formats.tree import MAX_FILES

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_MAX_FILE_BYTES = 64 << 30
_SPARED_BYTES = 1 << 30
"""Of the disk, that unpacking leaves free."""

Progress = Callable[[int, int], None]


def is_archive(path: Path) -> bool:
    """Whether a file's name is that of an archive that can be unpacked."""
    return path.name.lower().endswith(_SUFFIXES) and os.path.isfile(path)


def unpack(archive: Path, folder: Path, progress: Progress) -> None:
    """Unpacks an archive into a folder that others may share; links inside are left out.

    Args:
        archive: a zip or tar file; one that was unpacked here before is not unpacked again.
        folder: exists.
        progress: called with how much of the archive is done and how much there is.

    Raises:
        InputError: the archive is damaged, encrypted, names files outside of it, or holds more than the disk has room for.
    """
    mark = folder / f".unpacked-{archive.name}"
    if mark.is_file():
        return
    budget = shutil.disk_usage(folder).free - _SPARED_BYTES
    count, total = 0, 0
    with _in_one_line(archive):
        for member in _members(archive, progress):
            count, total = count + 1, total + member.size
            _require_room(archive, member, count, total, budget)
            path = folder / _safe_name(archive, member.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, path.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
        mark.touch()


def find_rivals(archives: Sequence[Path], progress: Progress) -> set[Path]:
    """The archives that hold other files under the same path than another, which one tree cannot have both.

    Args:
        archives: zip and tar files. Of files in tar files, which have no checksums, those of one path count as different.
        progress: as `unpack` takes it, for one archive after the other.

    Raises:
        InputError: as `unpack`.
    """
    owners: dict[str, tuple[Path, object]] = {}
    rivals: set[Path] = set()
    for archive in archives if len(archives) > 1 else ():
        with _in_one_line(archive):
            for count, member in enumerate(_members(archive, progress), start=1):
                _require_room(archive, member, count, 0, 0)
                name = _safe_name(archive, member.name)
                content = (member.size, archive if member.checksum is None else member.checksum)
                owner, other = owners.setdefault(name, (archive, content))
                if owner != archive and other != content and not _is_aside(name):
                    rivals |= {owner, archive}
    return rivals


def stem(archive: Path) -> str:
    """An archive's name without its suffix."""
    return next(archive.name[: -len(suffix)] for suffix in _SUFFIXES if archive.name.lower().endswith(suffix))


def _is_aside(name: str) -> bool:
    """Whether a file is no part of the data: a readme, a licence, or one that `Tree` does not list."""
    parts = name.lower().split("/")
    return parts[-1].startswith(("readme", "license", "licence")) or any(part[0] == "." or part == "__macosx" for part in parts)


@contextmanager
def _in_one_line(archive: Path) -> Iterator[None]:
    """Turns what a damaged archive raises into an `InputError`."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, NotImplementedError, RuntimeError, zlib.error) as error:
        reason = str(error).partition("\n")[0][:80]
        raise InputError(f"{archive}: cannot be unpacked ({reason}); download it again, or unpack it yourself") from None


class _Member(NamedTuple):
    name: str
    size: int
    open: Callable[[], IO[bytes]]
    checksum: int | None = None


def _members(archive: Path, progress: Progress) -> Iterator[_Member]:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            infos = [info for info in file.infolist() if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)]
            for done, info in enumerate(infos):
                progress(done, len(infos))
                yield _Member(info.filename, info.file_size, lambda info=info: file.open(info), info.CRC)
        return
    size = archive.stat().st_size
    with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:*") as file:
        for info in file:
            progress(raw.tell(), size)
            if info.isreg():
                yield _Member(info.name, info.size, lambda info=info: file.extractfile(info))


def _safe_name(archive: Path, name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    parts = [part for part in parts if part not in ("", ".")]
    if name.startswith(("/", "\\")) or ".." in parts or not parts or ":" in parts[0] or "\0" in name:
        raise InputError(f"{archive}: names a file outside of it ({name!r:.80}); such an archive is not unpacked")
    return "/".join(parts)


def _require_room(archive: Path, member: _Member, count: int, total: int, budget: int) -> None:
    if count > MAX_FILES or member.size > _MAX_FILE_BYTES or total > budget:
        raise InputError(
            f"{archive}: holds more than can be unpacked ({count} files, {total >> 20} MiB so far; {max(0, budget) >> 20} MiB "
            "are free); free disk space, or unpack it elsewhere and give the folder"
        )
