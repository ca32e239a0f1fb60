"""Reads data sets and annotations as others wrote them: one module for each format, all of them listed in `FORMATS`."""

from __future__ import annotations

from tfhd.formats import (
    ade20k,
    bdd100k,
    carla,
    celebamask,
    cityscapes,
    coco,
    cvat,
    helen,
    kitti,
    kitti360,
    label_studio,
    labelme,
    mapillary,
    nyu,
    roboflow,
    supervisely,
    voc,
)
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.numbering import instance_map
from tfhd.formats.tree import Tree

_MODULES = (
    *(cityscapes, nyu, ade20k, helen, celebamask, coco, voc, mapillary, kitti, kitti360, bdd100k, carla),
    *(labelme, label_studio, cvat, supervisely, roboflow),
)

FORMATS: dict[str, Format] = {module.FORMAT.name: module.FORMAT for module in _MODULES}
"""The formats by name: the choices of `prepare`, its help and docs/data.md follow from here."""

__all__ = ["FORMATS", "Contents", "Format", "LeftOut", "Maps", "Picture", "Tree", "instance_map"]
