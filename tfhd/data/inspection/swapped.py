"""Label maps and photos in each other's folders."""

from __future__ import annotations

from tfhd.data.inspection.inspected_example import InspectedExample
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet
from tfhd_client import read_labels


def is_swapped(inspected: InspectedExample, label_set: LabelSet) -> bool:
    """Whether an example's label map cannot be read as one, and its photo can.

    Args:
        inspected: what its files hold.
        label_set: of the classes.
    """
    label, photo = inspected.example.label, inspected.example.image
    if not any(error.path == label and error.kind in ("unreadable", "values") for error in inspected.errors):
        return False
    try:
        ids = read_labels(photo, label_set.label_classes)
    except InputError:
        return False
    return label_set.label_classes.are_ids(ids)
