"""CARLA's sensors, saved with their raw channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfhd.formats.base import Contents, Format, LeftOut, Maps, Picture
from tfhd.formats.class_names import classes_with_ids
from tfhd.formats.pixels import read_channels
from tfhd.formats.tree import Tree, require_found, split_of

_CLASSES = (
    *("unlabeled", "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation"),
    *("terrain", "sky", "pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle", "static", "dynamic"),
    *("other", "water", "road line", "ground", "bridge", "rail track", "guard rail"),
)
"""Tags of CARLA 0.9.14 and later; before, they were numbered otherwise."""


def _open(tree: Tree, kind: str | None) -> Contents:
    maps = tree.matching(r"(instance|semantic)[^/]*/([^/]+)\.png")
    require_found(maps, tree.root, "instance*/*.png (or semantic*/*.png) beside rgb*/")
    with_instances = any(match[1] == "instance" for _, match in maps)
    pictures, left_out = [], []
    for path, match in maps:
        if with_instances and match[1] == "semantic":
            continue
        below = path.parent.parent
        folders = sorted(folder for folder in below.iterdir() if folder.is_dir() and folder.name.startswith("rgb"))
        names = [f"{match[2]}{suffix}" for suffix in (".png", ".jpg")]
        photo = next((folder / name for folder in folders for name in names if (folder / name).is_file()), None)
        if photo is None:
            left_out.append(LeftOut(tree.relative(path), "no photo of this name in rgb*", split_of(tree.relative(path))))
            continue
        name = f"{below.relative_to(tree.root).as_posix()}/{match[2]}"
        draw = _draw_instance if with_instances else _draw_semantic
        pictures.append(Picture(name, split_of(tree.relative(path)), photo, lambda path=path, draw=draw: draw(path)))
    label_set = classes_with_ids("carla", dict(enumerate(_CLASSES)), countable=_CLASSES[12:20])
    return Contents(label_set, pictures, left_out)


def _draw_instance(path: Path) -> Maps:
    red, green, blue = np.moveaxis(read_channels(path, "RGB").astype(np.int64), -1, 0)
    return Maps(red.astype(np.int32), (green | blue << 8) + 1)


def _draw_semantic(path: Path) -> Maps:
    return Maps(read_channels(path, "RGB")[..., 0].astype(np.int32))


FORMAT = Format(
    name="carla",
    reads="instance*/X.png or semantic*/X.png with raw channels (red: tags of 0.9.14 and later), rgb*/X.png beside them",
    instances="green + 256 * blue of the instance sensor; regions with the semantic one",
    open=_open,
)
