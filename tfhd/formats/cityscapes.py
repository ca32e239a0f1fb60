"""Cityscapes: gtFine, gtCoarse, and label maps of trainIds."""

from __future__ import annotations

from pathlib import Path

from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.pixels import require_same_size
from tfhd.formats.tree import Tree, require_found
from tfhd.label_sets import LabelClass, LabelSet, load_label_set
from tfhd_client import read_ids

_FOLDERS = {"fine": "gtFine", "coarse": "gtCoarse", "train-ids": "gtFine"}
_LABELS = {"fine": "labelIds", "coarse": "labelIds", "train-ids": "labelTrainIds"}
_INSTANCES = {"fine": "instanceIds", "coarse": "instanceIds", "train-ids": "instanceTrainIds"}
_TRAINED = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain"),
    *("sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
)
"""The classes of trainIds 0..18."""


def _open(tree: Tree, kind: str | None) -> Contents:
    found = {choice: _label_maps(tree, choice) for choice in ([kind] if kind else _FOLDERS)}
    kind = next((choice for choice, maps in found.items() if maps), None)
    require_found(kind, tree.root, "gtFine/SPLIT/CITY/*_gtFine_labelIds.png (or gtCoarse, or labelTrainIds)")
    pictures, left_out = [], []
    for path, split, name in found[kind]:
        if split == "test":
            left_out.append(LeftOut(tree.relative(path), "labels of the test split are not published"))
            continue
        photo = tree.photo(f"{name}_leftImg8bit.png")
        if photo is None:
            left_out.append(LeftOut(tree.relative(path), f"no photo {name}_leftImg8bit.png", split, "no photo"))
            continue
        instances = path.with_name(path.name.replace(_LABELS[kind], _INSTANCES[kind]))
        pictures.append(Picture(name, split, photo, lambda path=path, instances=instances: _draw(path, instances)))
    return Contents(
        train_ids("cityscapes-train-ids") if kind == "train-ids" else load_label_set("cityscapes"), pictures, left_out
    )


def _label_maps(tree: Tree, kind: str) -> list[tuple[Path, str, str]]:
    folder = _FOLDERS[kind]
    pattern = rf"{folder}/([^/]+)/[^/]+/([^/]+)_{folder}_{_LABELS[kind]}\.png"
    return [(path, match[1], match[2]) for path, match in tree.matching(pattern)]


def _draw(labels: Path, instances: Path) -> Maps:
    label = read_ids(labels)
    if not instances.is_file():
        return Maps(label)
    instance = read_ids(instances)
    require_same_size(instance, instances, label, labels)
    return Maps(label, instance=instance)


def train_ids(name: str) -> LabelSet:
    """The 19 classes that Cityscapes trains, as ids 0..18, and 255 for the rest."""
    by_name = {item.name: item for item in load_label_set("cityscapes").classes}
    found = [by_name[name] for name in _TRAINED]
    classes = [LabelClass(item.name, (index,), item.color, item.countable) for index, item in enumerate(found)]
    return LabelSet(name, (*classes, LabelClass("don't care", (255,), (0, 0, 0), False)))


FORMAT = Format(
    name="cityscapes",
    reads="gtFine or gtCoarse/SPLIT/CITY/*_labelIds.png (or *_labelTrainIds.png), leftImg8bit/SPLIT/CITY/*_leftImg8bit.png",
    instances="*_instanceIds.png, kept number for number; regions where there are none",
    open=_open,
    kinds=tuple(_FOLDERS),
    published={"train": 2975, "val": 500},
)
