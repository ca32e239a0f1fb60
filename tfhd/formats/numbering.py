"""Ids of objects, as instance maps hold them."""

from __future__ import annotations

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Maps
from tfhd.label_sets import MAX_ID, LabelSet, map_labels
from tfhd.readers import connected_instances_of_ids

_FACTOR = 1000
"""Cityscapes numbers the k-th object of a class as class * 1000 + k."""


def instance_map(maps: Maps, label_set: LabelSet, where: str) -> np.ndarray:
    """The instance map of a picture.

    Args:
        maps: what the format read.
        label_set: of the labels' ids.
        where: the picture comes from, for messages.

    Returns:
        int32 (H, W), ids 0..65535: the class id outside objects and for classes that are not countable; class id * 1000 + k for
        objects where all countable ids are within 1..64, and otherwise numbers that follow the highest id.

    Raises:
        InputError: a label is outside the label set, or there are more objects than ids.
    """
    map_labels(maps.label, label_set, where)
    if maps.instance is not None:
        return maps.instance
    if maps.objects is None:
        return connected_instances_of_ids(maps.label, label_set, where)
    return _numbered(maps.label, maps.objects, label_set, where)


def _numbered(label: np.ndarray, objects: np.ndarray, label_set: LabelSet, where: str) -> np.ndarray:
    is_countable = np.zeros(MAX_ID + 1, bool)
    is_countable[[value for item in label_set.classes if item.countable for value in item.ids]] = True
    chosen = (objects > 0) & is_countable[label]
    instance = label.astype(np.int32)
    if not chosen.any():
        return instance
    # An object that two classes share is two: its pixels have to agree on a class.
    codes, object_of = np.unique(objects[chosen], return_inverse=True)
    pairs, number_of = np.unique(label[chosen].astype(np.int64) * len(codes) + object_of, return_inverse=True)
    classes = pairs // len(codes)
    first_of_class = np.searchsorted(classes, classes)
    rank = np.arange(len(pairs)) - first_of_class
    ids = classes * _FACTOR + rank
    highest = max(max(item.ids) for item in label_set.classes)
    countable = np.flatnonzero(is_countable)
    if countable[0] == 0 or countable[-1] * _FACTOR + _FACTOR - 1 > MAX_ID or highest >= _FACTOR or rank.max() >= _FACTOR:
        ids = max(_FACTOR, highest + 1) + np.arange(len(pairs))
        if ids[-1] > MAX_ID:
            raise InputError(f"{where}: holds {len(pairs)} objects, more than ids up to {MAX_ID} can name; merge some")
    instance[chosen] = ids[number_of]
    return instance
