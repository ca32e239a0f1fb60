"""Reads and writes label and instance maps by the rules of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets import LabelClass as SetClass
from tfhd.label_sets import LabelSet, map_labels
from tfhd_client import File, LabelClass, LabelClasses, id_png, read_ids, read_labels

from ..synthesize.regions import find_regions
from .limits import require_small


def read_maps(
    label_file: File,
    instance_file: File | None,
    classes: list[LabelClass],
    names: tuple[str, str] = ("label map", "instance map"),
) -> tuple[np.ndarray, np.ndarray]:
    """Reads the maps of a scene.

    Args:
        label_file: path or bytes; a palette or colours are read by the model's label set.
        instance_file: the same of instance ids; None makes instances of the connected regions of countable classes, as training
            does.
        classes: of the model.
        names: of both files, for messages.

    Returns:
        Raw label ids and instance ids, both int32 `(height, width)`, values 0..65535.

    Raises:
        InputError: a file is too large, no map, or holds ids outside the label set; or sizes differ.
    """
    label = _read(label_file, names[0], lambda file: read_labels(file, LabelClasses.of("model", classes)))
    listed = tuple(SetClass(item.name, item.ids, item.color, item.countable) for item in classes)
    map_labels(label, LabelSet("model", listed), names[0])
    if instance_file is None:
        return label, find_regions(label, classes)
    instance = _read(instance_file, names[1], read_ids)
    if instance.shape != label.shape:
        (height, width), (other_height, other_width) = label.shape, instance.shape
        raise InputError(f"{names[0]} is {width}x{height} but {names[1]} is {other_width}x{other_height}; give maps of one size")
    return label, instance


def write_map(ids: np.ndarray) -> bytes:
    """A gray PNG of ids uint16 `(height, width)`: of 8 bits where they fit, otherwise of 16."""
    return id_png(ids.astype(np.uint8) if ids.max(initial=0) < 256 else ids.astype(np.uint16))


def _read(file: File, name: str, read: Callable[[File], np.ndarray]) -> np.ndarray:
    """Reads a file whose messages shall name it, though it has no path."""
    try:
        require_small(file, name)
        return read(file)
    except InputError as error:
        text = str(error)
        raise InputError(text.replace("the picture", name, 1) if isinstance(file, bytes) else text) from None
