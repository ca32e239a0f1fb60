"""Helen with the parts of Smith et al. (SmithCVPR2013): eleven soft masks for each face."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.tree import Tree, require_found
from tfhd.label_sets import load_label_set
from tfhd_client import read_ids

_PARTS = 11
_LISTS = {"exemplars": "train", "tuning": "val", "testing": "val"}
"""The lists of the set; the paper trains on the first and tests on the others."""


def _open(tree: Tree, kind: str | None) -> Contents:
    maps = tree.matching(r"labels/([^/]+)/\1_lbl00\.png")
    require_found(maps, tree.root, "labels/NAME/NAME_lbl00.png")
    splits = {}
    for stem, split in _LISTS.items():
        for path, _ in tree.matching(rf"{stem}\.txt"):
            rows = [line.split(",") for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if "," in line]
            splits.update({row[1].strip(): split for row in rows})
    pictures, left_out = [], []
    for path, match in maps:
        photo = tree.photo(f"{match[1]}.jpg", path.parents[2] / "images")
        if photo is None or (splits and match[1] not in splits):
            why = "no photo of this name" if photo is None else "in none of the lists"
            left_out.append(LeftOut(tree.relative(path), why, splits.get(match[1])))
            continue
        pictures.append(Picture(match[1], splits.get(match[1]), photo, lambda path=path: _draw(path)))
    return Contents(load_label_set("helen"), pictures, left_out)


def _draw(first: Path) -> Maps:
    stem = first.name.removesuffix("00.png")
    masks = [read_ids(first.with_name(f"{stem}{part:02}.png")) for part in range(_PARTS)]
    if len({mask.shape for mask in masks}) > 1:
        raise InputError(f"{first.parent}: its masks differ in size; restore them")
    return Maps(np.argmax(np.stack(masks), axis=0).astype(np.int32))


FORMAT = Format(
    name="helen",
    reads="labels/NAME/NAME_lbl00..10.png, of which the strongest counts, images/NAME.jpg, {exemplars,tuning,testing}.txt",
    instances="none: every part is one region",
    open=_open,
    published={"train": 2000, "val": 330},
)
