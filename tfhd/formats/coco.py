"""COCO: instances, panoptic and stuff, as its own files and those of many tools have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import BACKGROUND, agreeing, classes_with_ids, numbered_classes, renumbering
from tfhd.formats.drawing import Canvas
from tfhd.formats.pixels import read_channels, require_shape
from tfhd.formats.tree import Tree, named_split, read_json, require_found, split_of
from tfhd.label_sets import LabelSet

_KINDS = ("instances", "panoptic", "stuff")
_NO_PHOTOS = "none of the photos that the file lists is there; add them, or remove the file (from an archive: unpack it first)"


def _open(tree: Tree, kind: str | None) -> Contents:
    documents = _documents(tree)
    kind = kind or next((choice for choice in _KINDS if any(found == choice for found, _, _ in documents)), None)
    chosen = [(path, document) for found, path, document in documents if found == kind]
    require_found(chosen, tree.root, "COCO annotation files (JSON with images, annotations and categories)")
    label_set = _label_set(kind, [document["categories"] for _, document in chosen], chosen[0][0])
    pictures: list[Picture] = []
    left_out: list[LeftOut] = []
    segments = {path.with_suffix("") for found, path, _ in documents if found == "panoptic"}
    for path, document in chosen:
        table = renumbering({int(item["id"]): str(item["name"]) for item in document["categories"]}, label_set)
        drawer = _panoptic_drawer(tree, path, document, table) if kind == "panoptic" else _drawer(path, document, table)
        # The export's own folder before the others, whose files may have the same names.
        split, bases = _split_of(tree.relative(path)), dict.fromkeys((path.parent.parent, tree.root))
        near = [path.parent, *(base / folder for base in bases for folder in _folders(path))]
        names = [_file_name(image, path) for image in document["images"]]
        found = [tree.photo(name, *near) for name in names]
        photos = [None if photo is None or segments.intersection(photo.parents) else photo for photo in found]
        why = "no photo of this name, or several" if any(photos) else _NO_PHOTOS
        for image, name, photo in zip(document["images"], names, photos, strict=True):
            if photo is None:
                left_out.append(LeftOut(f"{tree.relative(path)}: {name}", why, split))
                continue
            pictures.append(Picture(name.rpartition(".")[0] or name, split, photo, lambda i=image, d=drawer: d(i)))
    return Contents(label_set, pictures, left_out)


def _file_name(image: object, path: Path) -> str:
    name = image.get("file_name") if isinstance(image, dict) else None
    if not isinstance(name, str) or "id" not in image:
        raise InputError(f"{path}: an image lacks `id` or `file_name`; export the annotations again")
    return name


def _documents(tree: Tree) -> list[tuple[str, Path, dict]]:
    found = []
    for path, _ in tree.matching(r"[^/]+\.json"):
        if path.name.startswith(("captions_", "person_keypoints_", "image_info_")):
            continue
        document = read_json(path)
        if not isinstance(document, dict) or not all(
            isinstance(document.get(key), list) for key in ("images", "annotations", "categories")
        ):
            continue
        first = document["annotations"][0] if document["annotations"] else {}
        kind = "panoptic" if "segments_info" in first else "stuff" if path.name.startswith("stuff_") else "instances"
        found.append((kind, path, document))
    return found


def _label_set(kind: str, lists: list[list[dict]], path: Path) -> LabelSet:
    try:
        numbers = [{int(item["id"]): str(item["name"]) for item in items} for items in lists]
        colors = {str(item["name"]): tuple(item["color"]) for items in lists for item in items if "color" in item}
        every = [str(item["name"]) for items in lists for item in items]
        things = [str(item["name"]) for items in lists for item in items if item.get("isthing", 1)]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: its categories lack `id` or `name`; export the annotations again") from None
    # Tools that do not know call every category stuff; segments have their ids nevertheless.
    things = [] if kind == "stuff" else things or every
    joined = agreeing(numbers)
    if joined is None or min(joined, default=1) < 1 or BACKGROUND in joined.values():
        names = {name for items in numbers for name in items.values()}
        return numbered_classes(f"coco-{kind}", names, colors=colors, countable=set(things) - {BACKGROUND})
    return classes_with_ids(f"coco-{kind}", {0: BACKGROUND, **joined}, colors=colors, countable=things)


def _split_of(path: str) -> str | None:
    folder = split_of(path)
    stem = path.rpartition("/")[2].removesuffix(".json")
    for part in stem.replace("-", "_").split("_"):
        name = named_split(part.rstrip("0123456789"))
        if name in ("train", "val", "test"):
            return name
    return folder


def _folders(path: Path) -> list[str]:
    split = path.stem.rpartition("_")[2]
    return [split, f"images/{split}", "images", ""]


def _drawer(path: Path, document: dict, table: np.ndarray) -> Callable[[dict], Maps]:
    of_image: dict[Any, list[dict]] = defaultdict(list)
    for item in document["annotations"]:
        of_image[item.get("image_id")].append(item)
    # Mask tools set iscrowd on every object; it means a crowd only where other objects are none.
    has_crowds = not all(item.get("iscrowd") for item in document["annotations"])

    def draw(image: dict) -> Maps:
        where = f"{path}: image {image.get('id')}"
        canvas = Canvas(require_shape((image.get("height"), image.get("width")), where))
        masks = [(_mask(item, canvas.shape, where), item) for item in of_image[image["id"]]]
        for mask, item in sorted(masks, key=lambda pair: -int(pair[0].sum())):  # COCO has no order: large first
            class_id = _class_of(item, table, where)
            number = 0 if class_id == 0 or (has_crowds and item.get("iscrowd")) else canvas.new_object()
            canvas.paint(mask, class_id, number)
        return canvas.maps

    return draw


def _class_of(item: dict, table: np.ndarray, where: str) -> int:
    category = item.get("category_id")
    found = int(table[category]) if type(category) is int and 0 <= category < len(table) else -1
    if found < 0:
        raise InputError(f"{where}: category {category} of an annotation is not among the categories; export them too")
    return found


def _mask(item: dict, shape: tuple[int, int], where: str) -> np.ndarray:
    from pycocotools import mask as coco  # here, as other formats do without it

    segmentation = item.get("segmentation")
    try:
        if isinstance(segmentation, list):
            if not segmentation:
                return np.zeros(shape, bool)
            return coco.decode(coco.merge(coco.frPyObjects(segmentation, *shape))).astype(bool)
        if tuple(segmentation["size"]) != shape:
            raise ValueError(f"its size is {segmentation['size']}")
        counts = segmentation["counts"]
        coded = coco.frPyObjects(segmentation, *shape) if isinstance(counts, list) else segmentation
        return coco.decode(coded).astype(bool)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"{where}: a segmentation cannot be decoded ({str(error)[:60]}); export it again") from None


def _panoptic_drawer(tree: Tree, path: Path, document: dict, table: np.ndarray) -> Callable[[dict], Maps]:
    of_image = {item["image_id"]: item for item in document["annotations"]}

    def draw(image: dict) -> Maps:
        where = f"{path}: image {image.get('id')}"
        item = of_image.get(image["id"])
        maps = None if item is None else tree.photo(item["file_name"], path.with_suffix(""))
        if maps is None:
            raise InputError(f"{where}: no panoptic PNG in a folder {path.stem} beside the file; unpack {path.stem}.zip there")
        codes = read_channels(maps, "RGB").astype(np.int64)
        codes = codes[..., 0] + 256 * codes[..., 1] + 65536 * codes[..., 2]
        found, segment_of = np.unique(codes, return_inverse=True)
        class_of = {int(segment["id"]): _class_of(segment, table, where) for segment in item["segments_info"]}
        unknown = [code for code in found.tolist() if code and class_of.get(code, -1) < 0]
        if unknown:
            raise InputError(f"{where}: {maps.name} has segment {unknown[0]}, which the JSON lacks; they do not belong together")
        classes = np.array([class_of.get(code, 0) for code in found.tolist()], np.int32)
        return Maps(classes[segment_of].reshape(codes.shape), codes)

    return draw


FORMAT = Format(
    name="coco",
    reads="JSON files with images, annotations and categories (instances_*, stuff_*, _annotations.coco.json, result.json, ...), "
    "or panoptic_*.json with its PNGs; photos by file_name",
    instances="every annotation (large ones first, small on top), every panoptic segment of a thing; crowds are regions",
    open=_open,
    polygons="pycocotools' own: pixels whose centre lies inside, roughly; smaller than an inclusive fill",
    kinds=_KINDS,
)
