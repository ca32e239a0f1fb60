"""Mapillary Vistas 1.2 and 2.0."""

from __future__ import annotations

from pathlib import Path

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, LeftOut, Picture
from tfhd.formats.kitti import read_factor_map
from tfhd.formats.tree import Tree, named_split, read_json, require_found
from tfhd.label_sets import LabelClass, LabelSet


def _open(tree: Tree, kind: str | None) -> Contents:
    # Version 2.0 lies in folders of that name beside 1.2.
    for config, folder in (("config_v2.0.json", r"v2\.0/"), ("config_v1.2.json", r"v1\.2/"), ("config.json", "")):
        configs = tree.matching(config.replace(".", r"\."))
        maps = tree.matching(rf"(training|validation)/{folder}instances/([^/]+)\.png")
        if configs and maps:
            break
    require_found(configs and maps, tree.root, "config*.json with {training,validation}/[v2.0/]instances/*.png")
    label_set = _label_set(configs[0][0])
    pictures, left_out = [], []
    for path, match in maps:
        folders = [above / "images" for above in path.parents[1:3]]
        photo = next((found for folder in folders if (found := tree.photo(f"{match[2]}.jpg", folder))), None)
        if photo is None:
            left_out.append(LeftOut(tree.relative(path), "no photo of this name in images", named_split(match[1])))
            continue
        pictures.append(Picture(match[2], named_split(match[1]), photo, lambda path=path: read_factor_map(path)))
    return Contents(label_set, pictures, left_out)


def _label_set(path: Path) -> LabelSet:
    try:
        labels = read_json(path)["labels"]
        readable = [str(item["readable"]) for item in labels]
        unique = len(set(readable)) == len(readable)
        return LabelSet(
            "mapillary",
            tuple(
                LabelClass(
                    str(item["readable"] if unique else item["name"]), (index,), tuple(item["color"]), bool(item["instances"])
                )
                for index, item in enumerate(labels)
            ),
        )
    except (KeyError, TypeError):
        raise InputError(f"{path}: is no Vistas configuration (labels with name, readable, color, instances)") from None


FORMAT = Format(
    name="mapillary",
    reads="{training,validation}/[v2.0/]instances/*.png (16 bits, class * 256 + k), images/*.jpg, config*.json",
    instances="each class * 256 + k with k above 0, of classes whose configuration has instances",
    open=_open,
)
