"""Instance maps for data that has none."""

from __future__ import annotations

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets import MAX_ID, LabelSet

FIRST_INSTANCE_ID = 1000
"""Ids of single objects start here, as in Cityscapes; below are regions of uncountable classes."""

# Diagonal neighbours belong together: with 4 neighbours a bicycle's frame or a slanted leg falls into dozens of pieces,
# while two objects that touch in nothing but a corner are rare.
_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


def connected_instances(label: np.ndarray, label_set: LabelSet, source: str = "label map") -> np.ndarray:
    """Makes every connected component of a countable class an instance of its own.

    Args:
        label: int (H, W), class indices.
        label_set: says which classes are countable.
        source: where the label map comes from, for the message.

    Returns:
        int32 (H, W), values 0..65535: the class index where the class is not countable; elsewhere the component's number,
        which runs from 1000 (or from the number of classes, if larger) through all countable classes.

    Raises:
        InputError: there are more components than ids.
    """
    from scipy import ndimage  # here, as it takes half a second to import and data with instance maps does not need it

    instance = label.astype(np.int32)
    next_id = max(FIRST_INSTANCE_ID, label_set.num_classes)
    for index in np.intersect1d(label_set.countable, label):
        components, count = ndimage.label(label == index, structure=_EIGHT_NEIGHBOURS)
        if next_id + count > MAX_ID + 1:
            raise InputError(
                f"{source}: class {label_set.names[index]!r} has {count} pieces, more than ids up to {MAX_ID} can name; "
                f"give instance maps, or mark the class as not countable in the label set"
            )
        instance = np.where(components > 0, components + (next_id - 1), instance)
        next_id += count
    return instance.astype(np.int32, copy=False)
