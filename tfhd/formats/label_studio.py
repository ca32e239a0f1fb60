"""Label Studio's JSON export: brushes, bitmasks, polygons, rectangles and ellipses."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import BACKGROUND, ids_by_name, numbered_classes
from tfhd.formats.drawing import INCLUSIVE, Canvas
from tfhd.formats.label_studio_regions import region_mask
from tfhd.formats.pixels import require_shape
from tfhd.formats.tree import Tree, read_json, require_found, split_of
from tfhd_client import read_size

_LABELLED = ("brushlabels", "bitmasklabels", "polygonlabels", "rectanglelabels", "ellipselabels", "labels")
"""Types of regions that have a class and an area; `labels` is what the tag Labels makes of all of them."""


def _open(tree: Tree, kind: str | None) -> Contents:
    tasks, left_out, names = [], [], set()
    for path, _ in tree.matching(r"[^/]+\.json"):
        document = read_json(path)
        if isinstance(document, list) and document and all(map(_is_task, document)):
            tasks += [(path, item) for item in document]
    require_found(tasks, tree.root, "Label Studio export (`JSON`, not JSON-MIN: a list of tasks with `data` and `annotations`)")
    chosen = []
    for path, task in tasks:
        where = f"{tree.relative(path)}: task {task.get('id')}"
        photo_names = _photo_names(task["data"])
        photo = next(filter(None, (_find_photo(tree, name) for name in photo_names)), None)
        done = [item for item in _annotations(task, where) if not item.get("was_cancelled")]
        if photo is None or not done:
            named = " or ".join(photo_names) or "as the task says"
            left_out.append(LeftOut(where, f"no photo in the folder that is called {named}" if done else "not annotated"))
            continue
        if len(done) > 1:
            left_out.append(LeftOut(where, f"{len(done)} annotations, of which the first counts"))
        regions, others = _regions(done[0])
        if others:
            left_out.append(LeftOut(where, f"regions of type {', '.join(others)}, which have no class or no area"))
        names |= {_class_of(item, where) for item in regions}
        chosen.append((photo, where, regions))
    label_set = numbered_classes("label-studio", names)
    ids = ids_by_name(label_set)
    pictures = [
        Picture(photo.stem, split_of(tree.relative(photo)), photo, lambda w=where, r=regions, p=photo: _draw(p, w, r, ids))
        for photo, where, regions in chosen
    ]
    return Contents(label_set, pictures, left_out)


def _is_task(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("data"), dict)


def _annotations(task: dict, where: str) -> list[dict]:
    found = task.get("annotations") or []
    if isinstance(found, list) and all(isinstance(item, dict) and isinstance(item.get("result", []), list) for item in found):
        return found
    raise InputError(f"{where}: its annotations are {str(found)[:60]}; expected a list of objects with a list `result`")


def _regions(annotation: dict) -> tuple[list[dict], list[str]]:
    """The regions that are drawn, and the types of others; choices and texts about the photo are neither."""
    result = [item for item in annotation.get("result", []) if isinstance(item, dict) and "original_width" in item]
    regions = [item for item in result if item.get("type") in _LABELLED and isinstance(item.get("value"), dict)]
    # The tag Labels gives a region twice, by its shape's type and by `labels`; texts about a region have its id too.
    drawn = {item.get("id") for item in regions} - {None}
    others = {str(item.get("type")) for item in result if item.get("type") not in _LABELLED and item.get("id") not in drawn}
    return regions, sorted(others)


def _photo_names(data: dict) -> list[str]:
    """File names among a task's texts, of which other than the photo's may be: captions, links."""
    texts = [value for value in data.values() if isinstance(value, str)]
    paths = [_path(text) for text in texts if "/" in text or "." in text]
    return [name for path in paths if (name := unquote(path).rpartition("/")[2])]


def _path(text: str) -> str:
    try:
        url = urlsplit(text)
    except ValueError:  # a text, which only looks like an address
        return text
    return parse_qs(url.query).get("d", [url.path])[0]


def _find_photo(tree: Tree, name: str) -> Any:
    found = tree.photo(name)
    if found is None and len(name) > 9 and name[8] == "-":  # the upload's own prefix
        found = tree.photo(name[9:])
    return found


def _class_of(region: dict, where: str) -> str:
    names = region["value"].get(region["type"])
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
        canvas.paint(region_mask(region["value"], shape, place), ids[name], 0 if name == BACKGROUND else canvas.new_object())
    return canvas.maps


FORMAT = Format(
    name="label-studio",
    reads="the JSON export (a list of tasks; not JSON-MIN) with the photos anywhere in the folder: brush, bitmask, polygon, "
    "rectangle, ellipse",
    instances="every region is an object; later ones on top; of several annotations of a task the first counts",
    open=_open,
    polygons=INCLUSIVE,
)
