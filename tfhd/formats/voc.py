"""Pascal VOC's segmentation: palette maps of classes and objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import classes_with_ids
from tfhd.formats.pixels import require_same_size
from tfhd.formats.tree import Tree, require_found
from tfhd_client import read_ids

_CLASSES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
_BORDER = 255


def _open(tree: Tree, kind: str | None) -> Contents:
    label_set = classes_with_ids(
        "voc", {**dict(enumerate(_CLASSES)), _BORDER: "border"}, colors={"border": (224, 224, 192)}, countable=_CLASSES[1:]
    )
    maps = tree.matching(r"SegmentationClass/([^/]+)\.png")
    require_found(maps, tree.root, "SegmentationClass/*.png")
    if tree.matching(r"labelmap\.txt"):
        raise InputError(f"{tree.root}: has a labelmap.txt, which gives classes colours of their own; prepare it as cvat")
    splits = _read_splits(tree)
    pictures, left_out = [], []
    for path, match in maps:
        name, above = match[1], path.parent.parent
        photo = tree.photo(f"{name}.jpg", above / "JPEGImages")
        split = splits.get((above, name))
        if photo is None or (splits and split is None):
            why = "no photo of this name" if photo is None else "neither in train.txt nor in val.txt"
            left_out.append(LeftOut(tree.relative(path), why, split))
            continue
        objects = above / "SegmentationObject" / path.name
        pictures.append(Picture(name, split, photo, lambda path=path, objects=objects: _draw(path, objects)))
    return Contents(label_set, pictures, left_out)


def _read_splits(tree: Tree) -> dict[tuple[Path, str], str]:
    """Splits by the folder that holds maps and lists, since several may number their pictures alike, and the name."""
    splits = {}
    for split in ("val", "train"):  # a name in both trains
        for path, _ in tree.matching(rf"ImageSets/Segmentation/{split}\.txt"):
            names = path.read_text(encoding="utf-8", errors="replace").split()
            splits.update({(path.parents[2], name): split for name in names})
    return splits


def _draw(labels: Path, objects: Path) -> Maps:
    label = read_ids(labels)
    if not objects.is_file():
        return Maps(label)
    numbers = read_ids(objects)
    require_same_size(numbers, objects, label, labels)
    return Maps(label, np.where(numbers == _BORDER, 0, numbers).astype(np.int64))


FORMAT = Format(
    name="voc",
    reads="SegmentationClass/*.png (indices; 255 is the border), JPEGImages/*.jpg, ImageSets/Segmentation/{train,val}.txt",
    instances="SegmentationObject/*.png, whose own numbers are made unique; regions where there is none",
    open=_open,
)
