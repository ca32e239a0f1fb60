"""Finds the files of a split and pairs them by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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
        InputError: a folder is absent or empty, a file lacks its partner, or two files share a name.
    """
    root = Path(config.root)
    if config.format == "folder":
        return _find_in_folders(root, split)
    if config.format == "cityscapes":
        return _find_in_cityscapes(root, split)
    raise InputError(f"data.format {config.format!r} has no files to list: set data.format to folder or cityscapes, and data.root")


def _find_in_folders(root: Path, split: str) -> list[Example]:
    labels_at, images_at, instances_at = (root / f"{split}_{kind}" for kind in ("label", "img", "inst"))
    labels, images = (_by_name(_pictures(folder), folder) for folder in (labels_at, images_at))
    instances = _by_name(_pictures(instances_at), instances_at) if instances_at.is_dir() else None
    return _pair(labels, images, instances, labels_at, images_at, instances_at)


def _find_in_cityscapes(root: Path, split: str) -> list[Example]:
    labels_at, images_at = root / "gtFine" / split, root / "leftImg8bit" / split
    endings = zip((images_at, labels_at, labels_at), _CITYSCAPES_ENDINGS)
    images, labels, instances = (_by_name(_in_cities(folder, ending), folder) for folder, ending in endings)
    return _pair(labels, images, instances or None, labels_at, images_at, labels_at)


def _pictures(folder: Path) -> list[Path]:
    _require_folder(folder)
    return [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")]


def _in_cities(folder: Path, ending: str) -> list[Path]:
    _require_folder(folder)
    return [path for path in folder.glob(f"*/*{ending}.png") if not path.name.startswith(".")]


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check data.root, data.format and the split's name")


def _by_name(paths: Iterable[Path], folder: Path) -> dict[str, Path]:
    """Maps each file's stem, without the endings that Cityscapes gives its files, to the file."""
    found: dict[str, Path] = {}
    for path in sorted(paths):
        name = path.stem
        for ending in _CITYSCAPES_ENDINGS:
            name = name.removesuffix(ending)
        if name in found:
            raise InputError(f"{folder}: {found[name].name} and {path.name} share the name {name!r}; keep one of them")
        found[name] = path
    return found


def _pair(
    labels: dict[str, Path],
    images: dict[str, Path],
    instances: dict[str, Path] | None,
    labels_at: Path,
    images_at: Path,
    instances_at: Path,
) -> list[Example]:
    if not labels and not images:
        raise InputError(f"{labels_at}: holds no label maps and {images_at} no photos; put the split's files there")
    _require_partners(images, labels, f"label map in {labels_at}")
    _require_partners(labels, images, f"photo in {images_at}")
    if instances is not None:
        _require_partners(labels, instances, f"instance map in {instances_at}")
        _require_partners(instances, labels, f"label map in {labels_at}")
    return [Example(name, labels[name], images[name], instances[name] if instances else None) for name in sorted(labels)]


def _require_partners(files: dict[str, Path], partners: dict[str, Path], wanted: str) -> None:
    lonely = [files[name] for name in sorted(files) if name not in partners]
    if lonely:
        listed = ", ".join(str(path) for path in lonely[:3]) + (", ..." if len(lonely) > 3 else "")
        count = f"{len(lonely)} files have" if len(lonely) > 1 else "1 file has"
        raise InputError(f"{count} no {wanted} of the same name: {listed}; add the missing files or remove these")
