"""KITTI's semantics of 2015: one training split of 200 pictures, with Cityscapes' ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.tree import Tree, require_found
from tfhd.label_sets import load_label_set
from tfhd_client import read_ids

_FACTOR = 256


def _open(tree: Tree, kind: str | None) -> Contents:
    maps = tree.matching(r"training/instance/([^/]+)\.png")
    require_found(maps, tree.root, "training/instance/*.png")
    pictures, left_out = [], []
    for path, match in maps:
        photo = tree.photo(f"{match[1]}.png", path.parents[1] / "image_2")
        if photo is None or photo.parent.name != "image_2":
            left_out.append(LeftOut(tree.relative(path), "no photo of this name in image_2"))
            continue
        pictures.append(Picture(match[1], None, photo, lambda path=path: read_factor_map(path)))
    return Contents(load_label_set("cityscapes"), pictures, left_out)


def read_factor_map(path: Path) -> Maps:
    """Reads a map of class * 256 + k, where k = 0 is no object."""
    ids = read_ids(path)
    return Maps(ids // _FACTOR, np.where(ids % _FACTOR > 0, ids.astype(np.int64), 0))


FORMAT = Format(
    name="kitti",
    reads="training/instance/*.png (16 bits, class * 256 + k), training/image_2/*.png; there is no split, see --val-share",
    instances="each class * 256 + k with k above 0",
    open=_open,
)
