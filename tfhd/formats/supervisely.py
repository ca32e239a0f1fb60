"""Supervisely: meta.json, and DATASET/{img,ann}."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import BACKGROUND, ids_by_name, numbered_classes
from tfhd.formats.drawing import OUTLINED, Canvas, corners, outlined_polygon_mask
from tfhd.formats.pixels import decode_mask, require_shape
from tfhd.formats.tree import Tree, read_json, require_found, split_of

_LEAST_POINTS = {"polygon": 3, "multipolygon": 3, "rectangle": 2}
"""The figures of points, and how many each outline needs."""


def _open(tree: Tree, kind: str | None) -> Contents:
    metas = tree.matching(r"meta\.json")
    files = tree.matching(r"([^/]+)/ann/([^/]+)\.json")
    require_found(metas and files, tree.root, "meta.json with DATASET/ann/*.json")
    colors = {}
    for path, _ in metas:
        colors |= _classes(path)
    label_set = numbered_classes("supervisely", colors, colors=colors)
    ids = ids_by_name(label_set)
    pictures, left_out = [], []
    for path, match in files:
        below = tree.relative(path)
        photo = tree.photo(match[2], path.parent.parent / "img")
        if photo is None or photo.parent != path.parent.parent / "img":  # not another data set's
            left_out.append(LeftOut(below, "no photo of this name in img", split_of(below)))
            continue
        name = f"{match[1]}/{Path(match[2]).stem}"
        pictures.append(Picture(name, split_of(below), photo, lambda path=path: _draw(path, ids)))
    return Contents(label_set, pictures, left_out)


def _classes(path: Path) -> dict[str, tuple[int, int, int]]:
    try:
        return {str(item["title"]): _color(item.get("color"), path) for item in read_json(path).get("classes", [])}
    except (AttributeError, KeyError, TypeError):
        raise InputError(f"{path}: has no list of `classes` with their titles; export the project again") from None


def _color(text: object, path: Path) -> tuple[int, int, int]:
    try:
        return tuple(bytes.fromhex(str(text).lstrip("#")))[:3]
    except ValueError:
        raise InputError(f"{path}: a class has the colour {text!r}; expected #RRGGBB") from None


def _draw(path: Path, ids: dict[str, int]) -> Maps:
    document = read_json(path)
    objects = document.get("objects") if isinstance(document, dict) else None
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        raise InputError(f"{path}: has no list of `objects`; export the project again")
    size = document.get("size") or {}
    canvas = Canvas(require_shape((size.get("height"), size.get("width")), str(path)))
    for index, item in enumerate(objects):
        where, name = f"{path}: object {index}", item.get("classTitle")
        if name not in ids:
            raise InputError(f"{where}: class {name!r} is not in meta.json; export the project again")
        number = 0 if name == BACKGROUND else canvas.new_object()
        mask, top, left = _mask(item, canvas.shape, where)
        canvas.paint(mask, ids[name], number, top, left)
    return canvas.maps


def _mask(item: dict[str, Any], shape: tuple[int, int], where: str) -> tuple[np.ndarray, int, int]:
    """A figure's pixels, and the row and column of the first."""
    kind = item.get("geometryType")
    if kind == "bitmap":
        (bitmap,) = _objects([item.get("bitmap")], where)
        (left, top) = corners([bitmap.get("origin")], where, 1)[0]
        return decode_mask(bitmap.get("data"), where, zipped=True), int(top), int(left)
    if kind not in _LEAST_POINTS:
        raise InputError(f"{where}: is of type {kind!r}; expected bitmap, {', '.join(_LEAST_POINTS)}")
    parts = _objects(item.get("parts") if kind == "multipolygon" else [item.get("points")], where)
    return np.any([_polygon(part, kind, shape, where) for part in parts], axis=0), 0, 0


def _polygon(part: dict[str, Any], kind: str, shape: tuple[int, int], where: str) -> np.ndarray:
    outline = _whole(corners(part.get("exterior"), where, _LEAST_POINTS[kind]))
    if kind == "rectangle":
        (x1, y1), (x2, y2) = outline[:2]
        outline = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    mask = outlined_polygon_mask(outline, shape)
    for hole in part.get("interior") or []:
        mask &= ~outlined_polygon_mask(_whole(corners(hole, where)), shape)
    return mask


def _objects(items: object, where: str) -> list[dict[str, Any]]:
    if isinstance(items, list) and items and all(isinstance(item, dict) for item in items):
        return items
    raise InputError(f"{where}: its figure is {str(items)[:60]}; export the project again")


def _whole(points: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """The pixels that corners lie in: the labelling tool counts from a pixel's edge, and the SDK rounds down as well."""
    return [(math.floor(x), math.floor(y)) for x, y in points]


FORMAT = Format(
    name="supervisely",
    reads="meta.json, DATASET/img and DATASET/ann/*.json: bitmaps, polygons with holes, rectangles; later ones on top",
    instances="every figure is an object",
    open=_open,
    polygons=OUTLINED,
)
