"""Held-out streets, written as a user has them: label, instance and photo as PNG; and an edit of the label map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# The largest connected component of a label map is the object to edit.
from scipy import ndimage

from tfhd.label_sets import LabelSet
from tfhd.streets.scene import render_street

BUILDING, TREE, CAR = 11, 21, 26
"""Cityscapes' label ids; a region that cannot be counted has its label as instance id too."""


@dataclass(frozen=True)
class Scene:
    """The pictures of one street, each in the folder of its kind, as `python -m serving synthesize` takes and writes folders.

    label, instance, real and label-colors are written by `write_scene`, edited-label, edited-instance and
    edited-label-colors too; the others by `python -m serving synthesize`.
    """

    number: int
    folder: Path
    """Holds the folders, which all scenes share."""

    def __truediv__(self, kind: str) -> Path:
        """The path of the picture of that kind."""
        return self.folder / kind / f"{self.number:02d}.png"


@dataclass(frozen=True)
class Car:
    """The instance whose style is changed, and the window (left, upper, right, lower) that shows it."""

    scene: Scene
    instance: int
    window: tuple[int, int, int, int]


def write_scene(number: int, folder: Path, size: tuple[int, int], label_set: LabelSet) -> Scene:
    """Renders a street of the validation split and writes its maps, its photo and its edited maps.

    Args:
        number: which street.
        folder: of all scenes; it and the folders of the kinds are made where they are missing.
        size: height and width in pixels.
        label_set: for the colours of the painted maps.
    """
    scene = Scene(number, folder)
    street = render_street("val", number, *size)
    edited_label, edited_instance = relabel_largest(street.label, street.instance, TREE, BUILDING)
    pictures = {"real": street.image}
    for prefix, label, instance in (("", street.label, street.instance), ("edited-", edited_label, edited_instance)):
        pictures |= {f"{prefix}label": label, f"{prefix}instance": instance}
        pictures[f"{prefix}label-colors"] = painted(label, label_set)
    for kind, picture in pictures.items():
        (scene / kind).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(scene / kind)
    return scene


def relabel_largest(label: np.ndarray, instance: np.ndarray, old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """Gives the largest connected object of one class another class, in both maps.

    Args:
        label: integer (H,W), label ids.
        instance: integer (H,W), instance ids.
        old: label of the object.
        new: its label and instance id afterwards.

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


def painted(label: np.ndarray, label_set: LabelSet) -> np.ndarray:
    """Paints a map of label ids in the colours of its classes: uint8 (H,W,3), black where an id has no class."""
    colors = np.zeros((int(label.max()) + 1, 3), np.uint8)
    for item in label_set.classes:
        for value in item.ids:
            if value < len(colors):
                colors[value] = item.color
    return colors[label]


def largest_car(scenes: list[Scene]) -> Car:
    """The car with the most pixels of all scenes."""
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
    """A window of twice an object's width, 3:2 where the picture is high enough, that lies within the picture."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    width = min(mask.shape[1], 2 * int(np.ptp(columns)) + 1)
    height = min(mask.shape[0], max(round(width / 1.5), int(np.ptp(rows)) + 1))
    left = int(np.clip((columns[0] + columns[-1] - width) // 2, 0, mask.shape[1] - width))
    upper = int(np.clip((rows[0] + rows[-1] - height) // 2, 0, mask.shape[0] - height))
    return left, upper, left + width, upper + height
