"""CVAT's `Segmentation mask 1.1`: maps in the project's colours, and labelmap.txt."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import BACKGROUND
from tfhd.formats.pixels import read_objects, require_same_size
from tfhd.formats.tree import Tree, named_split, require_found
from tfhd.label_sets import LabelSet, load_class_list
from tfhd_client import read_labels


def _open(tree: Tree, kind: str | None) -> Contents:
    lists = tree.matching(r"labelmap\.txt")
    maps = tree.matching(r"SegmentationClass/(.+)\.png")
    require_found(lists and maps, tree.root, "labelmap.txt with SegmentationClass/*.png")
    label_set = _countable(load_class_list(lists[0][0]))
    for path, _ in lists[1:]:
        if load_class_list(path).classes != load_class_list(lists[0][0]).classes:
            raise InputError(f"{path}: lists other classes than {lists[0][0]}; prepare the projects into folders of their own")
    splits = {  # of each task, as tasks number their frames alike
        (path.parents[2], name): named_split(match[1])
        for path, match in tree.matching(r"ImageSets/Segmentation/([^/]+)\.txt")
        for name in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if named_split(match[1]) in ("train", "val", "test")
    }
    tasks = {path.parents[match[1].count("/") + 1] for path, match in maps}
    pictures, left_out = [], []
    for path, match in maps:
        above = path.parents[match[1].count("/") + 1]
        near = [above / folder for folder in ("JPEGImages", "images", "")]
        photo = _photo(tree, match[1], path, near)
        if photo is not None and next((folder for folder in photo.parents if folder in tasks), above) != above:
            photo = None  # another task's
        split = splits.get((above, match[1]))
        if photo is None:
            why = "no photo of this name, or several; export with `Save images`, or add the photos"
            left_out.append(LeftOut(tree.relative(path), why, split))
            continue
        objects = above / "SegmentationObject" / f"{match[1]}.png"
        draw = lambda path=path, objects=objects: _draw(path, objects, label_set)  # noqa: E731 - bound to this picture's files
        pictures.append(Picture(match[1], split, photo, draw))
    return Contents(label_set, pictures, left_out)


def _photo(tree: Tree, name: str, path: Path, near: list[Path]) -> Path | None:
    found = [tree.photo(name + suffix, folder) for suffix in ("", ".jpg", ".png") for folder in near]
    return next((photo for photo in found if photo is not None and photo.parent.name not in _MAPS and photo != path), None)


_MAPS = ("SegmentationClass", "SegmentationObject")


def _countable(label_set: LabelSet) -> LabelSet:
    classes = [dataclasses.replace(item, countable=item.name != BACKGROUND) for item in label_set.classes]
    return LabelSet("cvat", tuple(classes))


def _draw(path: Path, objects: Path, label_set: LabelSet) -> Maps:
    label = read_labels(path, label_set.label_classes)
    if not objects.is_file():
        return Maps(label)
    numbers = read_objects(objects)
    require_same_size(numbers, objects, label, path)
    return Maps(label, numbers)


FORMAT = Format(
    name="cvat",
    reads="Segmentation mask 1.1: SegmentationClass/*.png by the colours of labelmap.txt, photos of the same names anywhere",
    instances="the colours of SegmentationObject/*.png; regions where there is none",
    open=_open,
    polygons="CVAT's own, drawn before the export",
)
