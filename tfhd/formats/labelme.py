"""labelme: a JSON file for each photo, whose shapes lie over each other in their order."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import BACKGROUND, ids_by_name, numbered_classes
from tfhd.formats.drawing import INCLUSIVE, Canvas, corners, polygon_mask
from tfhd.formats.pixels import decode_mask, require_shape
from tfhd.formats.tree import Tree, read_json, require_found, split_of
from tfhd_client import read_photo, read_size

_LEAST_POINTS = {"polygon": 3, "rectangle": 2, "circle": 2, "mask": 2, "oriented_rectangle": 4}
"""The shapes that have an area, and how many points each needs."""


def _open(tree: Tree, kind: str | None) -> Contents:
    documents = {}
    for path, _ in tree.matching(r"[^/]+\.json"):
        document = read_json(path)
        if _is_labelme(document):
            has_photo = isinstance(document.pop("imageData", None), str)  # read again when needed, as all would fill the memory
            documents[path] = {**document, "has_photo": has_photo}
    require_found(documents, tree.root, "labelme JSON files (with `shapes`)")
    pictures, left_out, names = [], [], set()
    for path, document in documents.items():
        below = tree.relative(path)
        split = split_of(below)
        kept = [shape for shape in document["shapes"] if _kind_of(shape) in _LEAST_POINTS]
        others = [_kind_of(shape) for shape in document["shapes"] if _kind_of(shape) not in _LEAST_POINTS]
        if others:
            what = f"{len(others)} shapes of {below}"
            why = f"type {', '.join(sorted(set(others)))}: lines and points have no area"
            left_out.append(LeftOut(what, why, split, is_picture=False))
        photo = _photo(tree, path, document)
        if photo is None:
            left_out.append(LeftOut(below, f"no photo {document.get('imagePath')!r}, and none inside", split, "no photo"))
            continue
        try:
            names |= {_class_of(shape, path) for shape in kept}
        except InputError as error:
            left_out.append(LeftOut(below, str(error), split, "shapes without a label"))
            continue
        pictures.append((below.removesuffix(".json"), split, photo, path, kept))
    label_set = numbered_classes("labelme", names)
    ids = ids_by_name(label_set)
    made = [
        Picture(name, split, photo, lambda photo=photo, path=path, kept=kept: _draw(photo, path, kept, ids))
        for name, split, photo, path, kept in pictures
    ]
    return Contents(label_set, made, left_out)


def _kind_of(shape: dict) -> str:
    return str(shape.get("shape_type") or "polygon")


def _is_labelme(document: Any) -> bool:
    shapes = document.get("shapes") if isinstance(document, dict) else None
    return isinstance(shapes, list) and all(isinstance(shape, dict) for shape in shapes)


def _photo(tree: Tree, path: Path, document: dict) -> Any:
    name = document.get("imagePath")
    found = tree.photo(name, path.parent) if isinstance(name, str) and name else None
    if found is None and document["has_photo"]:
        return lambda: _embedded(path)
    return found


def _embedded(path: Path) -> np.ndarray:
    try:
        return read_photo(base64.b64decode(read_json(path)["imageData"]))
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{path}: the photo inside cannot be read ({str(error)[:80]}); put the photo beside it") from None


def _class_of(shape: dict, path: Path) -> str:
    name = shape.get("label")
    if not isinstance(name, str) or not name:
        raise InputError(f"{path}: a shape has the label {name!r}; give every shape the name of its class")
    return BACKGROUND if name == "_background_" else name


def _draw(photo: Any, path: Path, shapes: list[dict], ids: dict[str, int]) -> Maps:
    size = photo().shape[:2] if callable(photo) else read_size(photo)
    canvas = Canvas(require_shape(tuple(size), str(path)))
    groups: dict[tuple[str, Any], int] = {}
    for index, shape in enumerate(shapes):
        name, where = _class_of(shape, path), f"{path}: shape {index}"
        group = shape.get("group_id")
        number = canvas.new_object() if group is None else groups.setdefault((name, group), canvas.new_object())
        mask, top, left = _mask(shape, canvas.shape, where)
        canvas.paint(mask, ids[name], 0 if name == BACKGROUND else number, top, left)
    return canvas.maps


def _mask(shape: dict, size: tuple[int, int], where: str) -> tuple[np.ndarray, int, int]:
    """A shape's pixels as labelme draws them, and the row and column of the first."""
    kind = _kind_of(shape)
    points = corners(shape.get("points"), where, _LEAST_POINTS[kind])
    if kind in ("polygon", "oriented_rectangle"):
        return polygon_mask(points, size), 0, 0
    (x1, y1), (x2, y2) = points[:2]
    if kind == "mask":
        mask = decode_mask(shape.get("mask"), where)
        return mask, int(y1), int(x1)
    image = Image.new("1", size[::-1])
    draw = ImageDraw.Draw(image)
    if kind == "rectangle":
        draw.rectangle([min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)], fill=1, outline=1)
    else:
        radius = float(np.hypot(x1 - x2, y1 - y2))
        draw.ellipse([x1 - radius, y1 - radius, x1 + radius, y1 + radius], fill=1, outline=1)
    return np.array(image), 0, 0


FORMAT = Format(
    name="labelme",
    reads="NAME.json beside its photo: polygons, rectangles, circles and masks, later ones on top (the photo may be inside)",
    instances="every shape is an object; shapes of one class that share a group_id are one",
    open=_open,
    polygons=INCLUSIVE,
)
