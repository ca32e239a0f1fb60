"""Reads data sets and annotations as others wrote them: one module for each format, all of them listed in `FORMATS`."""

from __future__ import annotations

from tfhd.formats import cityscapes, coco, cvat, label_studio, labelme, roboflow, supervisely, voc
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.numbering import instance_map
from tfhd.formats.tree import Tree

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT for module in (cityscapes, voc, coco, labelme, label_studio, cvat, supervisely, roboflow)
}
"""The formats by name: the choices of `prepare`, its help and docs/data.md follow from here."""

__all__ = ["FORMATS", "Contents", "Format", "LeftOut", "Maps", "Picture", "Tree", "instance_map"]
