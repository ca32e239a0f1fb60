"""Pairs the files of a split by name."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tfhd.errors import InputError
from tfhd.pictures import PICTURE_SUFFIXES, NamedPictures, list_paths, without_shared_ending
from tfhd.readers.file_errors import FileError


class Nouns(NamedTuple):
    """What messages call the files of a split."""

    label: str = "label map"
    image: str = "photo"
    instance: str = "instance map"


@dataclass(frozen=True)
class Example:
    """The files of one picture; `instance` is None where the data has no instance maps, `label` may be a picture too."""

    name: str
    label: Path
    image: Path
    instance: Path | None = None


class SplitFiles(NamedTuple):
    """The files of a split, not yet paired; `instances` is None where the data has no instance maps."""

    labels: NamedPictures
    images: NamedPictures
    instances: NamedPictures | None

    @property
    def kinds(self) -> list[NamedPictures]:
        """Label maps, photos, and instance maps if there are any."""
        return [kind for kind in self if kind is not None]


class Pairing(NamedTuple):
    """The files of a split, paired.

    Attributes:
        examples: those with a label map and a photo, sorted by name.
        errors: files that share a name or lack a partner.
        counts: how many label maps, photos and instance maps there are, paired or not.
    """

    examples: list[Example]
    errors: list[FileError]
    counts: tuple[int, int, int]


def match_endings(files: SplitFiles) -> SplitFiles:
    """Leaves out of names the ending that all files of a kind have, `_mask` for instance, where this makes more pairs."""

    def choices(kind: NamedPictures) -> tuple[NamedPictures, NamedPictures]:
        return kind, without_shared_ending(kind)

    def pairs(kinds: Sequence[NamedPictures]) -> int:
        return len(set.intersection(*(set(kind.by_name) for kind in kinds)))

    def fitness(chosen: tuple[NamedPictures, NamedPictures]) -> tuple[int, bool]:
        # Where the folder of the photos holds copies of the maps too, a map's partner is the photo, and not its copy.
        count = pairs(chosen)
        return count, count < len(files.images.by_name) and chosen[0] is not files.labels

    labels, images = max(itertools.product(choices(files.labels), choices(files.images)), key=fitness)
    instances = files.instances
    if instances is not None:
        instances = max(choices(instances), key=lambda kind: pairs([labels, kind]))
    return SplitFiles(labels, images, instances)


def pair_all(files: SplitFiles, nouns: Nouns = Nouns()) -> list[Example]:  # noqa: B008 - immutable
    """The examples of a split, sorted by name.

    Raises:
        InputError: a file lacks its partner, or two files share a name.
    """
    faulty = [message for kind in files.kinds for _, message in (*kind.unreadable, *kind.duplicates)]
    if faulty:
        raise InputError(faulty[0])
    unpaired = _find_unpaired(files, nouns)
    if unpaired:
        raise InputError(unpaired[0].message)
    return _pair(files)


def pair_possible(files: SplitFiles, nouns: Nouns = Nouns()) -> Pairing:  # noqa: B008 - immutable
    """Pairs what can be paired, and lists the files that share a name or lack a partner, where `pair_all` raises."""
    errors = [FileError("unreadable", path, message) for kind in files.kinds for path, message in kind.unreadable]
    errors += [FileError("same name", path, message) for kind in files.kinds for path, message in kind.duplicates]
    for unpaired in _find_unpaired(files, nouns):
        errors += [FileError("unpaired", path, unpaired.message_of(path)) for path in unpaired.paths]
    counts = tuple(len(kind.by_name) + len(kind.duplicates) if kind else 0 for kind in files)
    faulty = {path for kind in files.kinds for path, _ in kind.unreadable}
    examples = [item for item in _pair(files) if faulty.isdisjoint((item.label, item.image, item.instance))]
    return Pairing(examples, errors, counts)


class _Unpaired(NamedTuple):
    """Files that have no partner of some kind."""

    paths: list[Path]
    wanted: str
    folder: Path
    lonely: list[Path]
    """Files of the folder that have no partner either: mostly those that were meant."""
    unread: list[Path]
    """Files of the folder with the names of the partners, which are not taken for pictures."""

    @property
    def message(self) -> str:
        """One line for all of them, naming three."""
        count = f"{len(self.paths)} files have" if len(self.paths) > 1 else "1 file has"
        return (
            f"{count} no {self.wanted} of the same name in {self.folder}: {list_paths(self.paths)}; "
            f"add the missing files or remove these{self._found}"
        )

    def message_of(self, path: Path) -> str:
        """One line for one of them."""
        return (
            f"{path}: has no {self.wanted} of the same name in {self.folder}; add the missing file or remove this one"
            f"{self._found}"
        )

    @property
    def _found(self) -> str:
        if self.unread:
            return f" (of the same name, but of a kind that is not read: {list_paths(self.unread)}; save these as PNG)"
        if not self.lonely:
            return ""
        return f" (without a partner there: {list_paths([path.relative_to(self.folder) for path in self.lonely[:4]])})"


def _find_unpaired(files: SplitFiles, nouns: Nouns) -> list[_Unpaired]:
    labels, images, instances = files
    partners = [(images, labels, nouns.label), (labels, images, nouns.image)]
    if instances is not None:
        partners += [(labels, instances, nouns.instance), (instances, labels, nouns.label)]
    found = []
    for kind, others, wanted in partners:
        names = _lonely(kind, others)
        lonely = [others.by_name[name] for name in _lonely(others, kind)]
        if names:
            unread = _unread_files(others.folder, {name.rpartition("/")[2] for name in names})
            found.append(_Unpaired([kind.by_name[name] for name in names], wanted, others.folder, lonely, unread))
    return found


def _lonely(kind: NamedPictures, others: NamedPictures) -> list[str]:
    return [name for name in sorted(kind.by_name) if name not in others.by_name]


def _unread_files(folder: Path, names: Set[str]) -> list[Path]:
    """Files of these names in a folder that are not taken for pictures."""
    try:
        found = [entry.name for entry in os.scandir(folder) if entry.is_file()]
    except OSError:
        return []
    return [
        folder / name
        for name in sorted(found)
        if os.path.splitext(name)[0] in names and os.path.splitext(name)[1].lower() not in PICTURE_SUFFIXES
    ]


def _pair(files: SplitFiles) -> list[Example]:
    labels, images, instances = files
    return [
        Example(name, path, images.by_name[name], instances.by_name.get(name) if instances else None)
        for name, path in sorted(labels.by_name.items())
        if name in images.by_name
    ]
