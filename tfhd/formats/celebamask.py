"""CelebAMask-HQ: a mask for each part of a face, at half the photo's size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import classes_with_ids
from tfhd.formats.tree import Tree, require_found
from tfhd_client import read_ids, read_size

_PARTS = (
    *("skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear", "mouth", "u_lip", "l_lip", "hair", "hat"),
    *("ear_r", "neck_l", "neck", "cloth"),
)
"""In the order in which the set's own script draws them, later ones on top."""
_SPLITS = ("train", "val", "test")


def _open(tree: Tree, kind: str | None) -> Contents:
    masks: dict[int, dict[str, Path]] = {}
    for path, match in tree.matching(r"CelebAMask-HQ-mask-anno/\d+/(\d+)_([a-z_]+)\.png"):
        masks.setdefault(int(match[1]), {})[match[2]] = path
    require_found(masks, tree.root, "CelebAMask-HQ-mask-anno/N/*_skin.png")
    splits = _read_splits(tree)
    photos = {int(match[1]): path for path, match in tree.matching(r"CelebA-HQ-img/(\d+)\.(?:jpg|png)")}
    pictures, left_out = [], []
    for number, parts in sorted(masks.items()):
        photo = photos.get(number)
        if photo is None:
            left_out.append(LeftOut(f"face {number}", "no photo in CelebA-HQ-img", splits.get(number)))
            continue
        pictures.append(Picture(f"{number:05}", splits.get(number), photo, lambda photo=photo, parts=parts: _draw(photo, parts)))
    return Contents(classes_with_ids("celebamask", dict(enumerate(("background", *_PARTS))), countable=()), pictures, left_out)


def _read_splits(tree: Tree) -> dict[int, str]:
    """CelebA's own splits, where both lists are there."""
    mapping, partition = (tree.matching(name) for name in (r"CelebA-HQ-to-CelebA-mapping\.txt", r"list_eval_partition\.txt"))
    if not mapping or not partition:
        return {}
    rows = [line.split() for line in partition[0][0].read_text(encoding="utf-8").splitlines()]
    split_of = {row[0]: _SPLITS[int(row[1])] for row in rows if len(row) == 2}
    rows = [line.split() for line in mapping[0][0].read_text(encoding="utf-8").splitlines()]
    return {int(row[0]): split_of[row[2]] for row in rows if len(row) == 3 and row[2] in split_of}


def _draw(photo: Path, parts: dict[str, Path]) -> Maps:
    size, label = read_size(photo), None
    for index, part in enumerate(_PARTS, start=1):
        if part in parts:
            mask = read_ids(parts[part]) > 0
            label = np.zeros(mask.shape, np.int32) if label is None else label
            label[mask] = index
    rows, columns = (np.arange(side) * own // side for side, own in zip(size, label.shape, strict=True))
    return Maps(label[rows[:, None], columns])


FORMAT = Format(
    name="celebamask",
    reads="CelebAMask-HQ-mask-anno/N/*_PART.png, brought to the size of CelebA-HQ-img/*.jpg pixel by pixel; CelebA's lists",
    instances="none: every part is one region",
    open=_open,
)
