"""KITTI-360's 2D semantics."""

from __future__ import annotations

from pathlib import Path

from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.tree import Tree, require_found
from tfhd.label_sets import LabelClass, LabelSet, load_label_set
from tfhd_client import read_ids

_MORE = (
    ("garage", (64, 128, 128), True),
    ("gate", (190, 153, 153), False),
    ("stop", (150, 120, 90), True),
    ("smallpole", (153, 153, 153), True),
    ("lamp", (0, 64, 64), True),
    ("trash bin", (0, 128, 192), True),
    ("vending machine", (128, 64, 0), True),
    ("box", (64, 64, 128), True),
    ("unknown construction", (102, 0, 0), False),
    ("unknown vehicle", (51, 0, 51), False),
    ("unknown object", (32, 32, 32), False),
)
"""The classes that KITTI-360 adds to Cityscapes' from id 34 on: name, colour, countable."""
_ALSO_COUNTABLE = ("building", "pole", "traffic light", "traffic sign")


def _open(tree: Tree, kind: str | None) -> Contents:
    maps = tree.matching(r"data_2d_semantics/train/([^/]+)/(image_0[01])/semantic/(\d+)\.png")
    require_found(maps, tree.root, "data_2d_semantics/train/DRIVE/image_00/semantic/*.png")
    val = set()
    for path, _ in tree.matching(r"[^/]*_val_frames\.txt"):
        val.update(line.split()[-1] for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    pictures, left_out = [], []
    for path, match in maps:
        drive, camera, frame = match.groups()
        root = path.parents[5]
        photo = tree.photo(f"data_2d_raw/{drive}/{camera}/data_rect/{frame}.png", root, *_roots(tree, drive))
        split = "val" if f"data_2d_semantics/train/{drive}/{camera}/semantic/{frame}.png" in val else "train" if val else None
        if photo is None or "semantic" in photo.parts:
            left_out.append(LeftOut(tree.relative(path), "no photo in data_2d_raw", split))
            continue
        pictures.append(Picture(f"{drive}/{camera}/{frame}", split, photo, lambda path=path: _draw(path)))
    return Contents(_label_set(), pictures, left_out)


def _roots(tree: Tree, drive: str) -> list[Path]:
    found = {path.parents[4] for path, _ in tree.matching(rf"data_2d_raw/{drive}/image_0[01]/data_rect/0000000000\.png")}
    return sorted(found)


def _draw(path: Path) -> Maps:
    instances = path.parent.parent / "instance" / path.name
    return Maps(read_ids(path), instance=read_ids(instances) if instances.is_file() else None)


def _label_set() -> LabelSet:
    classes = [
        LabelClass(item.name, item.ids, item.color, item.countable or item.name in _ALSO_COUNTABLE)
        for item in load_label_set("cityscapes").classes
        if item.name != "don't care"
    ]
    more = [LabelClass(name, (34 + index,), color, countable) for index, (name, color, countable) in enumerate(_MORE)]
    return LabelSet("kitti360", (*classes, *more, LabelClass("don't care", (255,), (0, 0, 0), False)))


FORMAT = Format(
    name="kitti360",
    reads="data_2d_semantics/train/DRIVE/image_0*/semantic/*.png, data_2d_raw/DRIVE/image_0*/data_rect/*.png, *_val_frames.txt",
    instances="instance/*.png (16 bits, class * 1000 + k), kept number for number; regions where there is none",
    open=_open,
)
