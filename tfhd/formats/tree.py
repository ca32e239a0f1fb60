"""The files of a data set, listed once."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from tfhd.errors import InputError
from tfhd.pictures import PICTURE_SUFFIXES, describe_folder

MAX_FILES = 5_000_000
MAX_TEXT_BYTES = 4 << 30
"""Of one annotation file; COCO's largest has 0.5 GB."""

_SPLITS = {"training": "train", "validation": "val", "valid": "val", "testing": "test"}


class Tree:
    """A folder's files; hidden ones and what macOS adds to archives are left out.

    Args:
        root: the folder.

    Raises:
        InputError: it is no folder that can be read, or holds too many files.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        if not os.path.isdir(root):
            raise InputError(f"{root}: no such folder or archive; give what holds the data set")
        self.files = sorted(self._walk())

    def matching(self, pattern: str) -> list[tuple[Path, re.Match[str]]]:
        """The files whose path below the root, with `/` before it, ends in what the pattern matches, sorted."""
        expression = re.compile(f"(?:^|.*/){pattern}")
        found = ((self.root / name, expression.fullmatch(name)) for name in self.files)
        return [(path, match) for path, match in found if match]

    def relative(self, path: Path) -> str:
        """A path below the root, with `/`."""
        return path.relative_to(self.root).as_posix()

    def photo(self, name: str, *near: Path) -> Path | None:
        """The photo of a name, which may have folders before it and lack its suffix: below one of some folders, or the only one.

        Args:
            name: as an annotation has it.
            near: folders to try first.
        """
        name = name.replace("\\", "/")
        for folder in near:
            path = folder / name
            if _is_inside(path, self.root) and os.path.isfile(path):
                return path
        tail = name.rpartition("/")[2]
        if os.path.splitext(tail)[1].lower() in PICTURE_SUFFIXES:
            found = self._photos.get(tail, [])
        else:
            found = self._photos_by_stem.get(tail, [])
            for folder in near:
                beside = [path for path in found if self.root / path.rpartition("/")[0] == (folder / name).parent]
                if len(beside) == 1:
                    return self.root / beside[0]
        return self.root / found[0] if len(found) == 1 else None

    @cached_property
    def _photos(self) -> dict[str, list[str]]:
        return _grouped((name.rpartition("/")[2], name) for name in self.files if _is_picture(name))

    @cached_property
    def _photos_by_stem(self) -> dict[str, list[str]]:
        return _grouped((os.path.splitext(name.rpartition("/")[2])[0], name) for name in self.files if _is_picture(name))

    def _walk(self) -> Iterator[str]:
        count = 0
        for folder, folders, names in os.walk(self.root, onerror=_raise_unreadable, followlinks=True):
            visible = [name for name in folders if not name.startswith(".") and name != "__MACOSX"]
            folders[:] = [name for name in visible if not _leads_up(folder, name)]
            below = Path(folder).relative_to(self.root).as_posix()
            for name in names:
                if name.startswith("."):
                    continue
                count += 1
                if count > MAX_FILES:
                    raise InputError(f"{self.root}: holds more than {MAX_FILES} files; give the data set's own folder")
                yield name if below == "." else f"{below}/{name}"


def read_json(path: Path) -> Any:
    """Reads an annotation file; raises `InputError` where it is no JSON text or too large."""
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise InputError(f"{path}: is larger than {MAX_TEXT_BYTES >> 30} GB; split the annotations")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON text ({str(error)[:80]}); export the annotations again") from None


def split_of(path: str) -> str | None:
    """The split that a path's folders name: train, val, test; None where they name none."""
    for part in path.lower().split("/")[:-1]:
        name = _SPLITS.get(part, part)
        if name in ("train", "val", "test"):
            return name
    return None


def named_split(name: str) -> str:
    """A split's name as ours: train, val, test; others as they are."""
    low = _SPLITS.get(name.lower(), name.lower())
    return low if low in ("train", "val", "test") else name


def require_found(found: Iterable[object], root: Path, expected: str) -> None:
    """Raises `InputError` where nothing was found."""
    if not found:
        raise InputError(f"{root}: holds no {expected}; check the format and the path (it holds {describe_folder(root)})")


def _is_picture(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES


def _is_inside(path: Path, root: Path) -> bool:
    return os.path.commonpath([os.path.abspath(path), os.path.abspath(root)]) == os.path.abspath(root)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _leads_up(folder: str, name: str) -> bool:
    """Whether a folder is a link to one that it lies in, which would go round in circles."""
    target = os.path.join(folder, name)
    return os.path.islink(target) and _is_inside(Path(os.path.realpath(folder)), Path(os.path.realpath(target)))


def _raise_unreadable(error: OSError) -> None:
    raise InputError(f"{error.filename}: cannot be read ({error.strerror}); check its permissions")
