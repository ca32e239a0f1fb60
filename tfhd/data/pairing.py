"""Finds the files of a split and pairs them by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tfhd.config import DataConfig
from tfhd.errors import InputError

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


def find_examples(config: DataConfig, split: str) -> list[Example]:
    """Lists a split's examples, sorted by name.

    Args:
        config: its `format` and `root` say where to look (`streets` has no files).
        split: train, val, or whatever the folders are called.

    Raises:
        InputError: a folder is absent, empty or not to be read, a file lacks its partner, or two files share a name.
    """
    if config.format == "streets":
        raise InputError("data.format 'streets' has no files to list: set data.format to folder or cityscapes, and data.root")
    find = _find_in_folders if config.format == "folder" else _find_in_cityscapes
    try:
        return find(Path(config.root), split)
    except OSError as error:
        raise InputError(
            f"{error.filename or config.root}: cannot be read ({error.strerror}); check data.root and its permissions"
        ) from None


def has_split(config: DataConfig, split: str) -> bool:
    """Whether the data has a folder for `split`, of label maps or photos; the embedded streets have every split."""
    if config.format == "streets":
        return True
    folders = (f"{split}_label", f"{split}_img") if config.format == "folder" else (f"gtFine/{split}", f"leftImg8bit/{split}")
    return any(os.path.isdir(Path(config.root) / folder) for folder in folders)


class _Files(NamedTuple):
    """Files of one kind, by name, and the folder that they are in."""

    folder: Path
    by_name: dict[str, Path]


def _find_in_folders(root: Path, split: str) -> list[Example]:
    labels, images = (_pictures(root / f"{split}_{kind}") for kind in ("label", "img"))
    instances_at = root / f"{split}_inst"
    return _pair(labels, images, _pictures(instances_at) if instances_at.is_dir() else None)


def _find_in_cityscapes(root: Path, split: str) -> list[Example]:
    images_at, maps_at = root / "leftImg8bit" / split, root / "gtFine" / split
    folders = zip((images_at, maps_at, maps_at), _CITYSCAPES_ENDINGS, strict=True)
    images, labels, instances = (_in_cities(folder, ending) for folder, ending in folders)
    return _pair(labels, images, instances if instances.by_name else None)


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
    for path in sorted(path for path in paths if not path.name.startswith(".")):
        name = path.stem
        for ending in _CITYSCAPES_ENDINGS:
            name = name.removesuffix(ending)
        if name in found:
            raise InputError(f"{folder}: {found[name].name} and {path.name} share the name {name!r}; keep one of them")
        found[name] = path
    return _Files(folder, found)


def _pair(labels: _Files, images: _Files, instances: _Files | None) -> list[Example]:
    if not labels.by_name and not images.by_name:
        raise InputError(f"{labels.folder}: holds no label maps and {images.folder} no photos; put the split's files there")
    _require_partners(images, labels, "label map")
    _require_partners(labels, images, "photo")
    if instances is not None:
        _require_partners(labels, instances, "instance map")
        _require_partners(instances, labels, "label map")
    return [
        Example(name, path, images.by_name[name], instances.by_name[name] if instances else None)
        for name, path in sorted(labels.by_name.items())
    ]


def _require_partners(files: _Files, partners: _Files, wanted: str) -> None:
    lonely = [str(files.by_name[name]) for name in sorted(files.by_name) if name not in partners.by_name]
    if lonely:
        count = f"{len(lonely)} files have" if len(lonely) > 1 else "1 file has"
        listed = ", ".join(lonely[:3]) + (", ..." if len(lonely) > 3 else "")
        raise InputError(
            f"{count} no {wanted} of the same name in {partners.folder}: {listed}; add the missing files or remove these"
        )
