"""Writes held-out streets as PNG files in a user's folder layout: label map, instance map, photo, and an edit of the maps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# Finds connected components; the largest one of a class is the object to edit.
from scipy import ndimage

from tfhd.label_sets import LabelSet
from tfhd.streets.scene import render_street

BUILDING, TREE, CAR = 11, 21, 26
"""Cityscapes' label ids; a region of an uncountable class has its label as instance id."""


@dataclass(frozen=True)
class Scene:
    """The images of one street, one folder per kind, as `python -m serving synthesize` reads and writes folders.

    `write_scene` writes the kinds label, instance, real, label-colors, edited-label, edited-instance and edited-label-colors;
    `python -m serving synthesize` writes the others.
    """

    number: int
    folder: Path
    """The folder that holds a folder for each kind, shared by all scenes."""

    def __truediv__(self, kind: str) -> Path:
        """Returns the path of the image of that kind."""
        return self.folder / kind / f"{self.number:02d}.png"


@dataclass(frozen=True)
class Car:
    """The instance whose style is changed, and the window around it as (left, upper, right, lower)."""

    scene: Scene
    instance: int
    window: tuple[int, int, int, int]


def write_scene(number: int, folder: Path, size: tuple[int, int], label_set: LabelSet) -> Scene:
    """Renders a street of the validation split and writes its maps, its photo and its edited maps.

    Args:
        number: index of the street.
        folder: folder of all scenes; it and the folders of the kinds are created if they do not exist.
        size: height and width in pixels.
        label_set: label set with the colours of the classes.
    """
    scene = Scene(number, folder)
    street = render_street("val", number, *size)
    edited_label, edited_instance = relabel_largest(street.label, street.instance, TREE, BUILDING)
    pictures = {"real": street.image}
    for prefix, label, instance in (("", street.label, street.instance), ("edited-", edited_label, edited_instance)):
        pictures |= {f"{prefix}label": label, f"{prefix}instance": instance}
        pictures[f"{prefix}label-colors"] = color_labels(label, label_set)
    for kind, picture in pictures.items():
        (scene / kind).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(scene / kind)
    return scene


def relabel_largest(label: np.ndarray, instance: np.ndarray, old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """Changes the class of the largest connected object of one class, in both maps.

    Args:
        label: integer (H,W), label ids.
        instance: integer (H,W), instance ids.
        old: label of the object.
        new: new label and instance id of the object.

    Returns:
        Copies of both maps.

    Raises:
        ValueError: no pixel has the label `old`.
    """
    components, count = ndimage.label(label == old, structure=np.ones((3, 3), bool))
    if not count:
        raise ValueError(f"the label map has no pixel of label {old}")
    largest = np.bincount(components.ravel())[1:].argmax() + 1
    label, instance = label.copy(), instance.copy()
    label[components == largest] = instance[components == largest] = new
    return label, instance


def color_labels(label: np.ndarray, label_set: LabelSet) -> np.ndarray:
    """Colours a map of label ids by class: uint8 (H,W,3), black where an id has no class."""
    colors = np.zeros((int(label.max()) + 1, 3), np.uint8)
    for item in label_set.classes:
        for value in item.ids:
            if value < len(colors):
                colors[value] = item.color
    return colors[label]


def largest_car(scenes: list[Scene]) -> Car:
    """Finds the car with the most pixels in all scenes.

    Raises:
        ValueError: no scene has a car.
    """
    best = None
    for scene in scenes:
        instance = np.asarray(Image.open(scene / "instance"))
        ids, pixels = np.unique(instance[instance // 1000 == CAR], return_counts=True)
        if ids.size and (best is None or pixels.max() > best[0]):
            best = (pixels.max(), scene, int(ids[pixels.argmax()]), instance)
    if best is None:
        raise ValueError("no scene has a car; choose other scenes")
    _, scene, ident, instance = best
    return Car(scene, ident, _window(instance == ident))


def _window(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Returns a window inside the image, twice as wide as an object and 3:2 if the image is high enough."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    width = min(mask.shape[1], 2 * int(np.ptp(columns)) + 1)
    height = min(mask.shape[0], max(round(width / 1.5), int(np.ptp(rows)) + 1))
    left = int(np.clip((columns[0] + columns[-1] - width) // 2, 0, mask.shape[1] - width))
    upper = int(np.clip((rows[0] + rows[-1] - height) // 2, 0, mask.shape[0] - height))
    return left, upper, left + width, upper + height
