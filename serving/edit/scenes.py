"""The scenes that the editor opens: rendered streets, or a folder of label maps as training reads it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from tfhd.errors import InputError
from tfhd.pictures import NamedPictures, describe_folder, find_pictures
from tfhd.readers.cityscapes import ENDINGS
from tfhd.readers.pairing import SplitFiles, match_endings
from tfhd.streets.scene import render_street
from tfhd_client import LabelClass, read_photo

from .limits import require_small
from .map_files import read_maps

_SPLITS = ("val", "test", "train")
_STREETS = 24


class Scene(NamedTuple):
    """Maps to edit, `(height, width)` of raw ids 0..65535, and the photo that they belong to, uint8 `(height, width, 3)`."""

    label: np.ndarray
    instance: np.ndarray
    photo: np.ndarray | None


class Scenes(Protocol):
    """Scenes to choose from.

    Attributes:
        names: of the scenes.
    """

    names: list[str]

    def load(self, index: int) -> Scene:
        """Reads or renders a scene; raises `InputError` where it cannot."""


class RenderedStreets:
    """Streets of the embedded set that no training sees, all of one size.

    Args:
        classes: of the model, which must list Cityscapes' ids.
        height: rows.
        width: columns.

    Raises:
        InputError: the model's classes are others.
    """

    def __init__(self, classes: list[LabelClass], height: int, width: int) -> None:
        self.names = [f"Street {number + 1}" for number in range(_STREETS)]
        self._size = height, width
        known = {value for item in classes for value in item.ids}
        street = render_street("val", 0, 32, 64)
        if not known.issuperset(np.unique(street.label).tolist()):
            raise InputError(
                "the model's classes are not those of the rendered streets (Cityscapes' ids); name a folder with scenes of its "
                "own classes with --data"
            )

    def load(self, index: int) -> Scene:
        street = render_street("val", index, *self._size)
        return Scene(street.label, street.instance, street.image)


class FolderScenes:
    """Scenes of a folder as training reads it: SPLIT_label, and SPLIT_inst and SPLIT_img where they exist.

    Args:
        root: the folder.
        classes: of the model.

    Raises:
        InputError: the folder holds no label maps.
    """

    def __init__(self, root: Path, classes: list[LabelClass]) -> None:
        self._classes = classes
        try:
            self._files = dict(itertools.chain.from_iterable(_files(root, split) for split in _SPLITS))
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read ({error.strerror}); check --data and its permissions") from None
        if not self._files:
            raise InputError(
                f"{root}: holds no label maps in {', '.join(f'{split}_label' for split in _SPLITS)} (it holds "
                f"{describe_folder(root)}); name the folder of a data set with --data"
            )
        self.names = list(self._files)

    def load(self, index: int) -> Scene:
        label_path, instance_path, photo_path = self._files[self.names[index]]
        names = str(label_path), str(instance_path)
        label, instance = read_maps(label_path, instance_path, self._classes, names)
        return Scene(label, instance, _matching_photo(photo_path, label.shape))


def _files(root: Path, split: str) -> list[tuple[str, tuple[Path, Path | None, Path | None]]]:
    """The files of a split by the scene's name: label map, instance map and photo."""
    kinds = [_pictures(root / f"{split}_{kind}") for kind in ("label", "img", "inst")]
    labels, photos, instances = match_endings(SplitFiles(kinds[0], kinds[1], kinds[2]))
    return [
        (f"{split}/{name}", (path, instances.by_name.get(name), photos.by_name.get(name)))
        for name, path in sorted(labels.by_name.items())
    ]


def _pictures(folder: Path) -> NamedPictures:
    return find_pictures(folder, ENDINGS, nested=True) if folder.is_dir() else NamedPictures(folder, {}, [], [])


def _matching_photo(path: Path | None, size: tuple[int, ...]) -> np.ndarray | None:
    """The photo, unless it has another size than the maps: the editor can do without."""
    if path is None:
        return None
    require_small(path, str(path))
    photo = read_photo(path)
    return photo if photo.shape[:2] == size else None
