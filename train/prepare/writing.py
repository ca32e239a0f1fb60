"""Writes a picture of a data set into the layout `folder`."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tfhd.data.pipeline.transforms import Transform
from tfhd.errors import InputError
from tfhd.files import written
from tfhd.formats import Picture, instance_map
from tfhd.label_sets import LabelSet
from tfhd.pictures import write_picture
from tfhd.readers import Sample
from tfhd.readers.map_sizes import require_same_size
from tfhd_client import read_photo, read_size

_LINKED = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm"})
"""Suffixes of photos that stay as they are; others are written as PNG."""


@dataclass(frozen=True)
class Target:
    """Where pictures are written.

    Attributes:
        folder: gets `{split}_label`, `{split}_inst` and `{split}_img`.
        label_set: of the labels' ids.
        resize: what training would do to the size; None leaves it.
        keeps: whether pictures that are there are left as they are, because a run of the same command was stopped.
    """

    folder: Path
    label_set: LabelSet
    resize: Transform | None = None
    keeps: bool = True

    def write(self, picture: Picture, split: str) -> None:
        """Writes label map, instance map and photo, each whole or not at all.

        Raises:
            InputError: the picture cannot be read, its maps do not fit its photo or the label set, or the disk refused.
        """
        paths = self._paths(picture, split)
        if self.keeps and all(map(os.path.isfile, paths)):
            return
        label_path, instance_path, image_path = paths
        where = str(picture.photo) if isinstance(picture.photo, Path) else picture.name
        maps = picture.draw()
        instance = instance_map(maps, self.label_set, where)
        label, photo = maps.label, picture.photo
        if isinstance(photo, Path):
            require_same_size(Path(f"the label map of {picture.name}"), label.shape, photo, read_size(photo))
        if image_path.suffix == ".png" and not _is_linked(self, photo):
            image = read_photo(photo) if isinstance(photo, Path) else photo()
            if image.shape[:2] != label.shape:
                raise InputError(f"{where}: photo and label map differ in size ({image.shape[:2]} and {label.shape})")
            sample = Sample(label, instance, image, where)
            if self.resize is not None:
                sample = self.resize(sample, np.random.default_rng(0))
            label, instance, image = sample.label, sample.instance, sample.image
            write_picture(image_path, image)
        else:
            _link(photo, image_path)
        _write_map(instance_path, instance)
        _write_map(label_path, label)

    def photo(self, picture: Picture, split: str) -> str:
        """Where `write` puts the photo: a path below the folder, with `/`."""
        return self._paths(picture, split)[2].relative_to(self.folder).as_posix()

    def _paths(self, picture: Picture, split: str) -> tuple[Path, Path, Path]:
        photo, name = picture.photo, safe_name(picture.name)
        suffix = photo.suffix.lower() if _is_linked(self, photo) else ".png"
        kinds = (("label", ".png"), ("inst", ".png"), ("img", suffix))
        return tuple(self.folder / f"{split}_{kind}" / f"{name}{ending}" for kind, ending in kinds)


def safe_name(name: str) -> str:
    """A picture's name as a path below a folder: no hidden files, nothing outside, no characters that file systems refuse."""
    parts = [re.sub(r'[\\:*?"<>|\0-\x1f]', "_", part) for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join("_" + part[1:] if part.startswith(".") else part for part in parts) or "_"


def _is_linked(target: Target, photo: object) -> bool:
    return target.resize is None and isinstance(photo, Path) and photo.suffix.lower() in _LINKED


def _link(photo: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path, "photo") as partial:
        source = os.path.realpath(photo)
        try:
            os.link(source, partial)
        except OSError:  # on another disk, or one without links
            shutil.copyfile(source, partial)


def _write_map(path: Path, ids: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path, "map") as partial:
        Image.fromarray(ids.astype(np.uint16)).save(partial)
