"""ADE20K: the scene parsing challenge, and the full set of 2021."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import classes_with_ids
from tfhd.formats.pixels import read_channels, require_same_size
from tfhd.formats.tree import Tree, named_split, read_json, require_found
from tfhd.label_sets import load_label_set
from tfhd_client import read_ids

_SCENE = r"annotations/(training|validation)/([^/]+)\.png"
_FULL = r"(training|validation)/(?:[^/]+/)*([^/]+)_seg\.png"


def _open(tree: Tree, kind: str | None) -> Contents:
    if kind != "full" and (maps := tree.matching(_SCENE)):
        return _open_scene(tree, maps)
    maps = [] if kind == "scene" else tree.matching(_FULL)
    require_found(maps, tree.root, "annotations/{training,validation}/*.png (scene parsing), nor *_seg.png (full)")
    return _open_full(tree, maps)


def _open_scene(tree: Tree, maps: list) -> Contents:
    pictures, left_out = [], []
    for path, match in maps:
        photo = tree.photo(f"{match[2]}.jpg", path.parents[2] / "images" / match[1])
        if photo is None:
            left_out.append(LeftOut(tree.relative(path), "no photo of this name", named_split(match[1])))
            continue
        objects = path.parents[2] / "annotations_instance" / match[1] / path.name
        draw = lambda path=path, objects=objects: _draw_scene(path, objects)  # noqa: E731 - bound to this picture's files
        pictures.append(Picture(match[2], named_split(match[1]), photo, draw))
    return Contents(load_label_set("ade20k"), pictures, left_out)


def _draw_scene(path: Path, objects: Path) -> Maps:
    label = read_ids(path)
    if not objects.is_file():
        return Maps(label)
    red, green, _ = np.moveaxis(read_channels(objects, "RGB").astype(np.int64), -1, 0)
    require_same_size(red, objects, label, path)
    return Maps(label, np.where(red > 0, red << 8 | green, 0))


def _open_full(tree: Tree, maps: list) -> Contents:
    names, pictures, left_out = {0: "unlabeled"}, [], []
    for path, match in maps:
        photo, text = path.with_name(f"{match[2]}.jpg"), path.with_name(f"{match[2]}.json")
        split = named_split(match[1])
        if not photo.is_file() or not text.is_file():
            why = "no photo" if not photo.is_file() else "no JSON file, which names classes"
            left_out.append(LeftOut(tree.relative(path), why, split))
            continue
        try:
            names |= _class_names(text)
        except InputError as error:
            left_out.append(LeftOut(tree.relative(path), str(error), split, "JSON files that cannot be read"))
            continue
        pictures.append(Picture(match[2], split, photo, lambda path=path: _draw_full(path)))
    countable = set(names.values()) - {"unlabeled", "wall", "floor, flooring", "sky", "ceiling"}
    return Contents(classes_with_ids("ade20k-full", names, countable=countable), pictures, left_out)


def _class_names(path: Path) -> dict[int, str]:
    try:
        objects = [item for item in read_json(path)["annotation"]["object"] if "name_ndx" in item and "name" in item]
        return {int(item["name_ndx"]): str(item["name"]) for item in objects}
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: has no annotation of objects; restore the file") from None


def _draw_full(path: Path) -> Maps:
    red, green, blue = np.moveaxis(read_channels(path, "RGB").astype(np.int64), -1, 0)
    label = red // 10 * 256 + green
    # Blue is a rank within the picture and no number of its own: class and blue together are the object.
    return Maps(label.astype(np.int32), np.where(blue > 0, label << 8 | blue, 0))


FORMAT = Format(
    name="ade20k",
    reads="scene parsing (images, annotations, annotations_instance if there) or the full set of 2021 (*_seg.png, *.json)",
    instances="scene: red and green of annotations_instance, regions without; full: each pair of class and blue of *_seg.png",
    open=_open,
    kinds=("scene", "full"),
    published={"train": 20210, "val": 2000},
)
