"""BDD100K's bitmasks and masks, drawn by its toolkit from polygons, and what its own reader says of them."""

from pathlib import Path

import numpy as np
import scene
from bdd100k.common.bitmask import parse_bitmask
from bdd100k.common.utils import load_bdd100k_config
from bdd100k.label.label import labels
from bdd100k.label.to_mask import insseg_to_bitmasks, panseg_to_bitmasks, semseg_to_masks
from bdd100k.label.to_scalabel import bdd100k_to_scalabel
from PIL import Image
from scalabel.label.typing import Frame, ImageSize, Label, Poly2D
from scalabel.label.utils import get_leaf_categories


def label(number: int, category: str, points: list, **attributes: bool) -> Label:
    polygon = Poly2D(vertices=points, types="L" * len(points), closed=True)
    return Label(id=number, category=category, poly2d=[polygon], attributes=attributes)


def frame(person: str, *things: Label) -> list[Frame]:
    crowd = [(56, 6), (62, 6), (62, 20), (56, 20)]
    shown = [
        label(2, "car", scene.CAR, occluded=True, truncated=True),
        label(3, "car", scene.OTHER_CAR),
        label(4, person, [(45, 5), (53, 9), (50, 40), (44, 38)]),
        label(5, person, crowd, crowd=True),
    ]
    return [Frame(name="street.jpg", labels=[*things, *shown])]


def said(path: Path) -> dict[str, np.ndarray]:
    """Class and object of each pixel, and which objects are crowds or ignored; 0 is none."""
    masks, numbers, attributes, categories = parse_bitmask(np.array(Image.open(path)))
    return {
        "label": np.append(0, categories)[masks],
        "objects": np.append(0, numbers)[masks],
        "flags": np.append(0, attributes)[masks],
    }


out = scene.out_folder()
folder = out / "set" / "labels"
photo = out / "set" / "images" / "10k" / "train" / "street.jpg"
photo.parent.mkdir(parents=True)
Image.fromarray(scene.photo()).save(photo)
road = label(1, "road", scene.ROAD)
answers = {}
for mode, write, frames in (
    ("pan_seg", panseg_to_bitmasks, frame("person", road)),
    ("ins_seg", insseg_to_bitmasks, frame("pedestrian", label(6, "other vehicle", [(2, 2), (9, 2), (9, 8), (2, 8)]))),
    ("sem_seg", semseg_to_masks, frame("person", road)),
):
    config = load_bdd100k_config(mode)
    config.scalabel.imageSize = ImageSize(height=scene.HEIGHT, width=scene.WIDTH)
    path = folder / mode / ("masks" if mode == "sem_seg" else "bitmasks") / "train" / "street.png"
    path.parent.mkdir(parents=True)
    write(bdd100k_to_scalabel(frames, config) if mode == "ins_seg" else frames, str(path.parent), config.scalabel, nproc=1)
    found = {"label": np.array(Image.open(path))} if mode == "sem_seg" else said(path)
    answers |= {f"{mode}_{name}": value for name, value in found.items()}
    if mode == "ins_seg":
        names = [item.name for item in get_leaf_categories(config.scalabel.categories)]
        answers["ins_seg_names"] = np.array(["background", *names])
answers["pan_seg_names"] = np.array([item.name for item in sorted(labels, key=lambda item: item.id)])
answers["pan_seg_countable"] = np.array([item.hasInstances for item in sorted(labels, key=lambda item: item.id)])
scene.say(out, **answers)
