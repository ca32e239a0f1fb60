"""Pairs the files of a split by name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tfhd.errors import InputError
from tfhd.pictures import NamedPictures, list_paths, without_shared_ending
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

    labels, images = max(itertools.product(choices(files.labels), choices(files.images)), key=pairs)
    instances = files.instances
    if instances is not None:
        instances = max(choices(instances), key=lambda kind: pairs([labels, kind]))
    return SplitFiles(labels, images, instances)


def pair_all(files: SplitFiles, nouns: Nouns = Nouns()) -> list[Example]:  # noqa: B008 - immutable
    """The examples of a split, sorted by name.

    Raises:
        InputError: a file lacks its partner, or two files share a name.
    """
    duplicates = [message for kind in files.kinds for _, message in kind.duplicates]
    if duplicates:
        raise InputError(duplicates[0])
    unpaired = _find_unpaired(files, nouns)
    if unpaired:
        raise InputError(unpaired[0].message)
    return _pair(files)


def pair_possible(files: SplitFiles, nouns: Nouns = Nouns()) -> Pairing:  # noqa: B008 - immutable
    """Pairs what can be paired, and lists the files that share a name or lack a partner, where `pair_all` raises."""
    errors = [FileError("same name", path, message) for kind in files.kinds for path, message in kind.duplicates]
    for unpaired in _find_unpaired(files, nouns):
        errors += [FileError("unpaired", path, unpaired.message_of(path)) for path in unpaired.paths]
    counts = tuple(len(kind.by_name) + len(kind.duplicates) if kind else 0 for kind in files)
    return Pairing(_pair(files), errors, counts)


class _Unpaired(NamedTuple):
    """Files that have no partner of some kind."""

    paths: list[Path]
    wanted: str
    folder: Path
    lonely: list[Path]
    """Files of the folder that have no partner either: mostly those that were meant."""

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
        if not self.lonely:
            return ""
        return f" (without a partner there: {list_paths([path.relative_to(self.folder) for path in self.lonely[:4]])})"


def _find_unpaired(files: SplitFiles, nouns: Nouns) -> list[_Unpaired]:
    labels, images, instances = files
    partners = [(images, labels, nouns.label), (labels, images, nouns.image)]
    if instances is not None:
        partners += [(labels, instances, nouns.instance), (instances, labels, nouns.label)]
    found = [_Unpaired(_lonely(kind, others), wanted, others.folder, _lonely(others, kind)) for kind, others, wanted in partners]
    return [unpaired for unpaired in found if unpaired.paths]


def _lonely(kind: NamedPictures, others: NamedPictures) -> list[Path]:
    return [path for name, path in sorted(kind.by_name.items()) if name not in others.by_name]


def _pair(files: SplitFiles) -> list[Example]:
    labels, images, instances = files
    return [
        Example(name, path, images.by_name[name], instances.by_name.get(name) if instances else None)
        for name, path in sorted(labels.by_name.items())
        if name in images.by_name
    ]
