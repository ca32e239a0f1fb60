"""BDD100K's bitmasks: panoptic, instances, and semantic masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.cityscapes import train_ids
from tfhd.formats.class_names import classes_with_ids
from tfhd.formats.pixels import read_channels
from tfhd.formats.tree import Tree, require_found
from tfhd.label_sets import LabelSet
from tfhd_client import read_ids

_FOLDERS = {"panoptic": "pan_seg/bitmasks", "instances": "ins_seg/bitmasks", "semantic": "sem_seg/masks"}
_PANOPTIC = (
    *("unlabeled", "dynamic", "ego vehicle", "ground", "static", "parking", "rail track", "road", "sidewalk", "bridge"),
    *("building", "fence", "garage", "guard rail", "tunnel", "wall", "banner", "billboard", "lane divider", "parking sign"),
    *("pole", "polegroup", "street light", "traffic cone", "traffic device", "traffic light", "traffic sign"),
    *("traffic sign frame", "terrain", "vegetation", "sky", "person", "rider", "bicycle", "bus", "car", "caravan"),
    *("motorcycle", "trailer", "train", "truck"),
)
_INSTANCES = ("background", "pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
_CROWD, _IGNORE = 2, 1
"""Flags in the green channel."""


def _open(tree: Tree, kind: str | None) -> Contents:
    found = {name: tree.matching(rf"{_FOLDERS[name]}/(train|val)/([^/]+)\.png") for name in ([kind] if kind else _FOLDERS)}
    kind = next((name for name, maps in found.items() if maps), None)
    require_found(kind, tree.root, "labels/{pan_seg,ins_seg}/bitmasks or sem_seg/masks/{train,val}/*.png")
    pictures, left_out = [], []
    for path, match in found[kind]:
        folders = [above / "images" / "10k" / match[1] for above in path.parents[4:6]]
        photo = tree.photo(f"{match[2]}.jpg", *folders)
        if photo is None:
            left_out.append(LeftOut(tree.relative(path), "no photo of this name in images/10k", match[1]))
            continue
        draw = _draw_semantic if kind == "semantic" else _draw_bitmask
        pictures.append(Picture(match[2], match[1], photo, lambda path=path, draw=draw: draw(path)))
    return Contents(_label_set(kind), pictures, left_out)


def _label_set(kind: str) -> LabelSet:
    if kind == "semantic":
        return train_ids("bdd100k-semantic")
    if kind == "instances":
        return classes_with_ids("bdd100k-instances", dict(enumerate(_INSTANCES)))
    return classes_with_ids("bdd100k-panoptic", dict(enumerate(_PANOPTIC)), countable=_PANOPTIC[31:])


def _draw_semantic(path: Path) -> Maps:
    return Maps(read_ids(path))


def _draw_bitmask(path: Path) -> Maps:
    red, green, blue, alpha = np.moveaxis(read_channels(path, "RGBA").astype(np.int64), -1, 0)
    # An object's number may be 0, hence + 1; crowds and what is to be ignored are regions.
    objects = np.where(green & (_CROWD | _IGNORE), 0, (blue << 8 | alpha) + 1)
    return Maps(red.astype(np.int32), objects)


FORMAT = Format(
    name="bdd100k",
    reads="labels/pan_seg or ins_seg/bitmasks/{train,val}/*.png (RGBA) or sem_seg/masks (8 bits), images/10k/{train,val}/*.jpg",
    instances="blue * 256 + alpha; crowds and what is to be ignored are regions, and so is all of sem_seg",
    open=_open,
    kinds=tuple(_FOLDERS),
)
