"""Roboflow's `Semantic Segmentation Masks`: X.jpg beside X_mask.png, and _classes.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import agreeing, classes_with_ids, numbered_classes, renumbering
from tfhd.formats.tree import Tree, require_found, split_of
from tfhd.label_sets import load_class_list
from tfhd_client import read_ids


def _open(tree: Tree, kind: str | None) -> Contents:
    lists = {path.parent: _numbers(path) for path, _ in tree.matching(r"_classes\.csv")}
    require_found(lists, tree.root, "_classes.csv beside *_mask.png (export `Semantic Segmentation Masks`)")
    joined = agreeing(list(lists.values()))
    if joined is None:  # each split numbers its classes itself
        names = {name for numbers in lists.values() for name in numbers.values()}
        label_set = numbered_classes("roboflow", names, countable=())
    else:
        label_set = classes_with_ids("roboflow", joined, countable=())
    pictures, left_out = [], []
    for path, match in tree.matching(r"([^/]+)_mask\.png"):
        photo, split = tree.photo(match[1], path.parent), split_of(tree.relative(path))
        if photo is not None and photo.parent != path.parent:
            photo = None  # another split's or export's
        if photo is None or path.parent not in lists:
            why = "no photo of this name beside it" if photo is None else "no _classes.csv beside it"
            left_out.append(LeftOut(tree.relative(path), why, split))
            continue
        table = renumbering(lists[path.parent], label_set)
        pictures.append(Picture(match[1], split, photo, lambda path=path, table=table: _draw(path, table)))
    return Contents(label_set, pictures, left_out)


def _numbers(path: Path) -> dict[int, str]:
    return {item.ids[0]: item.name for item in load_class_list(path).classes}


def _draw(path: Path, table: np.ndarray) -> Maps:
    label = table[read_ids(path)]
    if label.min() < 0:
        raise InputError(f"{path}: holds values that _classes.csv does not list; export the data set again")
    return Maps(label)


FORMAT = Format(
    name="roboflow",
    reads="Semantic Segmentation Masks: {train,valid,test}/X.jpg, X_mask.png and _classes.csv, whose names join the splits",
    instances="none: connected regions of the classes that --countable names",
    open=_open,
    polygons="Roboflow's own, drawn before the export",
)
