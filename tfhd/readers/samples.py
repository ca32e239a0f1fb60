"""One picture in memory: label, instance and photo of the same size."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets import LabelSet, map_labels
from tfhd.readers.instances import connected_instances
from tfhd.readers.pairing import Example
from tfhd_client import read_ids, read_photo


class Sample(NamedTuple):
    """A picture before it becomes part of a batch.

    Attributes:
        label: int32 (H, W), class indices.
        instance: int32 (H, W), ids 0..65535.
        image: uint8 (H, W, 3).
        source: where it comes from, for messages.
    """

    label: np.ndarray
    instance: np.ndarray
    image: np.ndarray
    source: str


def load_sample(example: Example, label_set: LabelSet) -> Sample:
    """Reads an example's files; without an instance map, instances are connected components of countable classes.

    Raises:
        InputError: a file cannot be read, sizes differ, or the label map holds values outside the label set.
    """
    image = read_photo(example.image)
    ids = read_ids(example.label)
    require_same_size(example.label, ids.shape, example.image, image.shape[:2])
    label = map_labels(ids, label_set, example.label)
    if example.instance is None:
        return Sample(label, connected_instances(label, label_set, str(example.label)), image, str(example.label))
    instance = read_ids(example.instance)
    require_same_size(example.instance, instance.shape, example.image, image.shape[:2])
    return Sample(label, instance, image, str(example.label))


def require_same_size(path: Path, size: tuple[int, ...], image_path: Path, image_size: tuple[int, ...]) -> None:
    """Raises `InputError` unless a map has its photo's size (height, width)."""
    if tuple(size) != tuple(image_size):
        raise InputError(
            f"{path} is {size[1]}x{size[0]} (width x height) but its photo {image_path} is {image_size[1]}x{image_size[0]}; "
            f"make both the same size"
        )
