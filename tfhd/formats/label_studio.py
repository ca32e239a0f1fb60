"""Label Studio's JSON export: brushes, bitmasks, polygons, rectangles and ellipses."""

from __future__ import annotations

from pathlib import Path
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

_SHAPES = ("brush", "bitmask", "polygon", "rectangle", "ellipse")
"""Types of regions that have an area, and a class only where another entry with their id gives it."""


def _open(tree: Tree, kind: str | None) -> Contents:
    tasks, left_out, chosen = [], [], []
    for path, _ in tree.matching(r"[^/]+\.json"):
        document = read_json(path)
        if isinstance(document, list) and document and all(map(_is_task, document)):
            tasks += [(path, item) for item in document]
    require_found(tasks, tree.root, "Label Studio export (`JSON`, not JSON-MIN: a list of tasks with `data` and `annotations`)")
    for path, task in tasks:
        where = f"{tree.relative(path)}: task {task.get('id')}"
        done = [item for item in _annotations(task, where) if not item.get("was_cancelled")]
        photo, why, group = _photo(tree, path, task["data"])
        split = split_of(tree.relative(photo or path))
        if photo is None or not done:
            left_out.append(LeftOut(where, why, split, group) if done else LeftOut(where, "not annotated", split))
            continue
        if len(done) > 1:
            left_out.append(LeftOut(where, f"{len(done)} annotations, of which the first counts", split, is_picture=False))
        regions, others = _regions(done[0])
        problem = _problem(regions)
        if problem is not None:
            left_out.append(LeftOut(where, problem[0], split, problem[1]))
            continue
        if others:
            why = f"regions of type {', '.join(others)}, which have no class or no area"
            left_out.append(LeftOut(where, why, split, is_picture=False))
        chosen.append((photo, split, where, regions))
    label_set = numbered_classes("label-studio", {_classes_of(item)[0] for *_, regions in chosen for item in regions})
    ids = ids_by_name(label_set)
    pictures = [
        Picture(photo.stem, split, photo, lambda w=where, r=regions, p=photo: _draw(p, w, r, ids))
        for photo, split, where, regions in chosen
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
    """The regions that are to be drawn, and the types of others; choices and texts about the photo are neither.

    The tag Labels gives a region twice, by its shape's type and by `labels`; texts about a region have its id too.
    """
    result = [item for item in annotation.get("result", []) if isinstance(item, dict)]
    # `labels` is what parts of texts and sounds have too, which are of no size.
    regions = [item for item in result if item.get("type") in _LABELLED and (item["type"] != "labels" or _has_size(item))]
    drawn = {item.get("id") for item in regions} - {None}
    rest = [item for item in result if _has_size(item) and item.get("type") not in _LABELLED and item.get("id") not in drawn]
    regions += [item for item in rest if item.get("type") in _SHAPES]
    return regions, sorted({str(item.get("type")) for item in rest if item.get("type") not in _SHAPES})


def _has_size(item: dict) -> bool:
    return "original_width" in item


def _problem(regions: list[dict]) -> tuple[str, str] | None:
    """Why a photo with these regions has no map, where it has none, and this in general."""
    labels: dict[Any, set[str]] = {}
    for index, region in enumerate(regions):
        names = _classes_of(region)
        if not names:
            return f"region {index} has no label; give every region one", "regions without a label"
        found = labels.setdefault(region.get("id", index), set())
        found.update(names)
        if len(found) > 1:
            why = f"region {index} has {len(found)} labels ({', '.join(sorted(found))}), and pixels have one class; keep one"
            return why, "regions of several labels"
        if region.get("item_index"):
            return "its regions lie on several photos; make a task of each photo", "several photos"
    if len({region.get("to_name") for region in regions}) > 1:
        return "its regions lie on several photos; make a task of each photo", "several photos"
    return None


def _photo(tree: Tree, path: Path, data: dict) -> tuple[Path | None, str, str]:
    """The photo of a task; None, why, and this in general, where there is none or more than one."""
    names = _photo_names(data)
    found = {photo: None for name in names if (photo := _find_photo(tree, name, path)) is not None}
    if len(found) > 1:
        return None, f"it has several photos ({', '.join(photo.name for photo in found)}); make a task of each", "several photos"
    named = " or ".join(names) or "as the task says"
    return next(iter(found), None), f"no photo in the folder that is called {named}, or several", "no photo"


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


def _find_photo(tree: Tree, name: str, path: Path) -> Path | None:
    near = (path.parent / "images", path.parent)
    found = tree.photo(name, *near)
    if found is None and len(name) > 9 and name[8] == "-":  # the upload's own prefix
        found = tree.photo(name[9:], *near)
    return found


def _classes_of(region: dict) -> list[str]:
    value = region.get("value")
    names = value.get(region.get("type")) if isinstance(value, dict) else None
    return [name for name in names if isinstance(name, str) and name] if isinstance(names, list) else []


def _draw(photo: Any, where: str, regions: list[dict], ids: dict[str, int]) -> Maps:
    shape = require_shape(tuple(read_size(photo)), where)
    canvas = Canvas(shape)
    for index, region in enumerate(regions):
        place = f"{where}: region {index}"
        if (region.get("original_height"), region.get("original_width")) != shape:
            raise InputError(f"{place}: was drawn on another size than that of {photo}; put the photo there that was annotated")
        # `image_rotation` is how the editor showed the photo: regions lie on the photo as it is.
        name = _classes_of(region)[0]
        canvas.paint(region_mask(region["value"], shape, place), ids[name], 0 if name == BACKGROUND else canvas.new_object())
    return canvas.maps


FORMAT = Format(
    name="label-studio",
    reads="the JSON export (a list of tasks; not JSON-MIN) with the photos anywhere in the folder: brush, bitmask, polygon, "
    "rectangle, ellipse",
    instances="every region is an object; later ones on top; of several annotations of a task the first counts, and a task is "
    "left out where a region has no label or several, or where it has several photos",
    open=_open,
    polygons=INCLUSIVE,
)
