"""Finds the files of a split and pairs them by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tfhd.config import DataConfig
from tfhd.errors import InputError
from tfhd.readers.file_errors import Fault

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})

# Cityscapes files keep these endings when people copy them into plain folders, as the original's sample does.
_CITYSCAPES_ENDINGS = ("_leftImg8bit", "_gtFine_labelIds", "_gtFine_instanceIds")


@dataclass(frozen=True)
class Example:
    """The files of one picture; `instance` is None where the data has no instance maps."""

    name: str
    label: Path
    image: Path
    instance: Path | None = None


class Pairing(NamedTuple):
    """The files of a split.

    Attributes:
        examples: those with a label map and a photo, sorted by name.
        faults: files that share a name or lack a partner.
        counts: how many label maps, photos and instance maps there are, paired or not.
    """

    examples: list[Example]
    faults: list[Fault]
    counts: tuple[int, int, int]


def find_examples(config: DataConfig, split: str) -> list[Example]:
    """Lists a split's examples, sorted by name.

    Args:
        config: its `format` and `root` say where to look (`streets` has no files).
        split: train, val, or whatever the folders are called.

    Raises:
        InputError: a folder is absent, empty or not to be read, a file lacks its partner, or two files share a name.
    """
    files = _find_files(config, split)
    twins = [message for kind in files if kind is not None for _, message in kind.twins]
    if twins:
        raise InputError(twins[0])
    lonely = _find_lonely(*files)
    if lonely:
        raise InputError(lonely[0].message)
    return _pair(*files)


def pair_examples(config: DataConfig, split: str) -> Pairing:
    """Does what `find_examples` does, but lists files that share a name or lack a partner where that raises.

    Raises:
        InputError: a folder is absent, empty or not to be read.
    """
    files = _find_files(config, split)
    faults = [Fault("same name", path, message) for kind in files if kind is not None for path, message in kind.twins]
    for lonely in _find_lonely(*files):
        faults += [Fault("unpaired", path, lonely.message_of(path)) for path in lonely.paths]
    return Pairing(_pair(*files), faults, tuple(len(kind.by_name) + len(kind.twins) if kind else 0 for kind in files))


def has_split(config: DataConfig, split: str) -> bool:
    """Whether the data has a folder for `split`, of label maps or photos; the embedded streets have every split."""
    if config.format == "streets":
        return True
    folders = (f"{split}_label", f"{split}_img") if config.format == "folder" else (f"gtFine/{split}", f"leftImg8bit/{split}")
    return any(os.path.isdir(Path(config.root) / folder) for folder in folders)


class _Files(NamedTuple):
    """Files of one kind, by name, and the folder that they are in; twins have a name that is taken, and a line that says so."""

    folder: Path
    by_name: dict[str, Path]
    twins: list[tuple[Path, str]]


class _Lonely(NamedTuple):
    """Files that have no partner of some kind."""

    paths: list[Path]
    wanted: str
    folder: Path

    @property
    def message(self) -> str:
        """One line for all of them, naming three."""
        count = f"{len(self.paths)} files have" if len(self.paths) > 1 else "1 file has"
        listed = ", ".join(map(str, self.paths[:3])) + (", ..." if len(self.paths) > 3 else "")
        return f"{count} no {self.wanted} of the same name in {self.folder}: {listed}; add the missing files or remove these"

    def message_of(self, path: Path) -> str:
        """One line for one of them."""
        return f"{path}: has no {self.wanted} of the same name in {self.folder}; add the missing file or remove this one"


def _find_files(config: DataConfig, split: str) -> tuple[_Files, _Files, _Files | None]:
    """Label maps, photos, and instance maps if there are any."""
    if config.format == "streets":
        raise InputError("data.format 'streets' has no files to list: set data.format to folder or cityscapes, and data.root")
    find = _find_in_folders if config.format == "folder" else _find_in_cityscapes
    try:
        labels, images, instances = find(Path(config.root), split)
    except OSError as error:
        raise InputError(
            f"{error.filename or config.root}: cannot be read ({error.strerror}); check data.root and its permissions"
        ) from None
    if not labels.by_name and not images.by_name:
        raise InputError(f"{labels.folder}: holds no label maps and {images.folder} no photos; put the split's files there")
    return labels, images, instances


def _find_in_folders(root: Path, split: str) -> tuple[_Files, _Files, _Files | None]:
    labels, images = (_pictures(root / f"{split}_{kind}") for kind in ("label", "img"))
    instances_at = root / f"{split}_inst"
    return labels, images, _pictures(instances_at) if instances_at.is_dir() else None


def _find_in_cityscapes(root: Path, split: str) -> tuple[_Files, _Files, _Files | None]:
    images_at, maps_at = root / "leftImg8bit" / split, root / "gtFine" / split
    folders = zip((images_at, maps_at, maps_at), _CITYSCAPES_ENDINGS, strict=True)
    images, labels, instances = (_in_cities(folder, ending) for folder, ending in folders)
    return labels, images, instances if instances.by_name else None


def _pictures(folder: Path) -> _Files:
    _require_folder(folder)
    return _by_name([path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES], folder)


def _in_cities(folder: Path, ending: str) -> _Files:
    _require_folder(folder)
    return _by_name(folder.glob(f"*/*{ending}.png"), folder)


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check data.root, data.format and the split's name")


def _by_name(paths: Iterable[Path], folder: Path) -> _Files:
    """Names each file after its stem, less the endings that Cityscapes gives its files; hidden files are no pictures."""
    found: dict[str, Path] = {}
    twins: list[tuple[Path, str]] = []
    for path in sorted(path for path in paths if not path.name.startswith(".")):
        name = path.stem
        for ending in _CITYSCAPES_ENDINGS:
            name = name.removesuffix(ending)
        if name in found:
            line = f"{folder}: {found[name].name} and {path.name} share the name {name!r}; keep one of them"
            twins.append((path, line))
        else:
            found[name] = path
    return _Files(folder, found, twins)


def _find_lonely(labels: _Files, images: _Files, instances: _Files | None) -> list[_Lonely]:
    partners = [(images, labels, "label map"), (labels, images, "photo")]
    if instances is not None:
        partners += [(labels, instances, "instance map"), (instances, labels, "label map")]
    found = [
        _Lonely([path for name, path in sorted(files.by_name.items()) if name not in others.by_name], wanted, others.folder)
        for files, others, wanted in partners
    ]
    return [lonely for lonely in found if lonely.paths]


def _pair(labels: _Files, images: _Files, instances: _Files | None) -> list[Example]:
    return [
        Example(name, path, images.by_name[name], instances.by_name.get(name) if instances else None)
        for name, path in sorted(labels.by_name.items())
        if name in images.by_name
    ]
