"""Label Studio's JSON export: brushes, polygons and rectangles."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import BACKGROUND, ids_by_name, numbered_classes
from tfhd.formats.drawing import INCLUSIVE, Canvas, corners, polygon_mask
from tfhd.formats.pixels import require_shape
from tfhd.formats.tree import Tree, read_json, require_found, split_of
from tfhd_client import read_size

_KINDS = {"brushlabels": "rle", "polygonlabels": "points", "rectanglelabels": "width"}
_OPAQUE = 128


def _open(tree: Tree, kind: str | None) -> Contents:
    tasks, left_out, names = [], [], set()
    for path, _ in tree.matching(r"[^/]+\.json"):
        document = read_json(path)
        if isinstance(document, list) and document and all(isinstance(item, dict) and "data" in item for item in document):
            tasks += [(path, item) for item in document]
    require_found(tasks, tree.root, "Label Studio export (`JSON`, not JSON-MIN: a list of tasks with `data` and `annotations`)")
    chosen = []
    for path, task in tasks:
        where = f"{tree.relative(path)}: task {task.get('id')}"
        photo_name = _photo_name(task["data"])
        photo = _find_photo(tree, photo_name) if photo_name else None
        done = [item for item in task.get("annotations", []) if not item.get("was_cancelled")]
        if photo is None or not done:
            left_out.append(LeftOut(where, f"no photo {photo_name!r} in the folder" if done else "not annotated"))
            continue
        if len(done) > 1:
            left_out.append(LeftOut(where, f"{len(done)} annotations, of which the first counts"))
        regions = [item for item in done[0].get("result", []) if item.get("type") in _KINDS]
        if len(regions) < sum("original_width" in item for item in done[0].get("result", [])):
            left_out.append(LeftOut(where, f"regions other than {', '.join(_KINDS)}"))
        names |= {_class_of(item, where) for item in regions}
        chosen.append((photo, where, regions))
    label_set = numbered_classes("label-studio", names)
    ids = ids_by_name(label_set)
    pictures = [
        Picture(photo.stem, split_of(tree.relative(photo)), photo, lambda w=where, r=regions, p=photo: _draw(p, w, r, ids))
        for photo, where, regions in chosen
    ]
    return Contents(label_set, pictures, left_out)


def _photo_name(data: dict) -> str | None:
    for value in data.values():
        if isinstance(value, str) and ("/" in value or "." in value):
            url = urlsplit(value)
            local = parse_qs(url.query).get("d", [url.path])[0]
            return unquote(local).rpartition("/")[2]
    return None


def _find_photo(tree: Tree, name: str) -> Any:
    found = tree.photo(name)
    if found is None and len(name) > 9 and name[8] == "-":  # the upload's own prefix
        found = tree.photo(name[9:])
    return found


def _class_of(region: dict, where: str) -> str:
    names = region.get("value", {}).get(region["type"])
    if not isinstance(names, list) or not names or not isinstance(names[0], str):
        raise InputError(f"{where}: a region has no label; give every region one")
    return names[0]


def _draw(photo: Any, where: str, regions: list[dict], ids: dict[str, int]) -> Maps:
    shape = require_shape(tuple(read_size(photo)), where)
    canvas = Canvas(shape)
    for index, region in enumerate(regions):
        place = f"{where}: region {index}"
        if (region.get("original_height"), region.get("original_width")) != shape:
            raise InputError(f"{place}: was drawn on another size than that of {photo}; put the photo there that was annotated")
        name = _class_of(region, place)
        canvas.paint(_mask(region, shape, place), ids[name], 0 if name == BACKGROUND else canvas.new_object())
    return canvas.maps


def _mask(region: dict, shape: tuple[int, int], where: str) -> np.ndarray:
    value, (height, width) = region["value"], shape
    if region["type"] == "brushlabels":
        return decode_rle(value.get("rle"), 4 * height * width, where).reshape(height, width, 4)[..., 3] >= _OPAQUE
    if region["type"] == "polygonlabels":
        points = value.get("points")
    else:
        if value.get("rotation"):
            raise InputError(f"{where}: is a turned rectangle; draw a polygon instead")
        x, y, w, h = (value.get(key) for key in ("x", "y", "width", "height"))
        points = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    scaled = [(x * width / 100, y * height / 100) for x, y in corners(points, where)]
    return polygon_mask(scaled, shape)


def decode_rle(rle: object, size: int, where: str) -> np.ndarray:
    """Decodes Label Studio's own run lengths: uint8 (size,).

    Bits: 32 of the number of values, 5 of the width of a value less 1, four times 4 of widths of lengths less 1; then runs of a
    bit (repeated or not), 2 bits (which width), a length less 1, and one value or as many as the length says.

    Args:
        rle: list of bytes.
        size: values expected.
        where: it is, for messages.

    Raises:
        InputError: it is cut off, or has another size.
    """
    if not isinstance(rle, list) or not all(type(value) is int and 0 <= value < 256 for value in rle):
        raise InputError(f"{where}: `rle` is no list of bytes; export the annotations again")
    bits = np.unpackbits(np.array(rle, np.uint8))
    place = 0

    def take(count: int) -> int:
        nonlocal place
        if place + count > len(bits):
            raise InputError(f"{where}: its run lengths are cut off; export the annotations again")
        number = int("".join(map(str, bits[place : place + count].tolist())), 2)
        place += count
        return number

    total, word = take(32), take(5) + 1
    widths = [take(4) + 1 for _ in range(4)]
    if total != size or word != 8:
        raise InputError(f"{where}: its brush has {total} values of {word} bits, expected {size} of 8; export it again")
    out, done = np.zeros(size, np.uint8), 0
    while done < size:
        repeated = take(1)
        length = take(widths[take(2)]) + 1
        if done + length > size:
            raise InputError(f"{where}: its run lengths are too long; export the annotations again")
        if repeated:
            out[done : done + length] = take(8)
        else:
            out[done : done + length] = [take(8) for _ in range(length)]
        done += length
    return out


FORMAT = Format(
    name="label-studio",
    reads="the JSON export (a list of tasks; not JSON-MIN) with the photos anywhere in the folder: brush, polygon, rectangle",
    instances="every region is an object; later ones on top; of several annotations of a task the first counts",
    open=_open,
    polygons=INCLUSIVE,
)
