"""From raw ids, as label files and requests hold them, to class indices."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets.label_set import MAX_ID, LabelSet


@lru_cache(maxsize=8)
def class_of_id(label_set: LabelSet) -> np.ndarray:
    """The class index of each raw id, -1 where no class lists it: int32 (65536,), shared and read-only."""
    table = np.full(MAX_ID + 1, -1, np.int32)
    for index, item in enumerate(label_set.classes):
        table[list(item.ids)] = index
    table.flags.writeable = False
    return table


def map_labels(ids: np.ndarray, label_set: LabelSet, source: Path | str) -> np.ndarray:
    """Turns raw ids into class indices.

    Args:
        ids: int (H, W), values 0..65535.
        label_set: says which raw ids mean which class.
        source: where the ids come from, for the message.

    Returns:
        int32 (H, W), values 0..num_classes-1.

    Raises:
        InputError: the map holds ids that no class lists; says which and on how many pixels.
    """
    label = class_of_id(label_set)[ids]
    if label.min() < 0:
        values, counts = np.unique(ids[label < 0], return_counts=True)
        listed = ", ".join(f"{value} ({count} pixels)" for value, count in zip(values[:5], counts[:5], strict=True))
        more = f" and {len(values) - 5} more" if len(values) > 5 else ""
        raise InputError(
            f"{source}: label values outside the label set {label_set.name!r}: {listed}{more}; "
            f"correct the file, or set data.label_set to one that lists them"
        )
    return label
