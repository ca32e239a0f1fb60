"""Instances for label maps that come without instance maps: the regions that a training without them learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from tfhd_client import LabelClass

T = TypeVar("T")


def find_regions(label: np.ndarray, classes: Sequence[LabelClass]) -> np.ndarray:
    """Makes every connected region of a countable class an instance, and every other class one.

    Args:
        label: int `(height, width)`, raw ids of the model's label set.
        classes: of the model, whether in this process or on a server.

    Returns:
        int32 `(height, width)`: see `connected_instances_of_ids`.

    Raises:
        InputError: an id is outside the label set, or there are more regions than ids.
    """
    # Most label maps come with instance maps, and need nothing of this.
    from tfhd import label_sets
    from tfhd.readers import connected_instances_of_ids

    listed = tuple(label_sets.LabelClass(item.name, item.ids, item.color, item.countable) for item in classes)
    return connected_instances_of_ids(label, label_sets.LabelSet("model", listed))


def give_to_regions(values: Mapping[int, T], label: np.ndarray, regions: np.ndarray) -> dict[int, T]:
    """Values for regions, out of values for label ids, which stand for all regions of their class, and for regions themselves.

    Args:
        values: by raw label id or region.
        label: int `(height, width)`, raw ids.
        regions: int `(height, width)`, of `find_regions`.
    """
    given: dict[int, T] = {}
    for number, value in values.items():
        parts = np.unique(regions[label == number]).tolist()
        given |= {part: value for part in parts or [number] if part == number or part not in values}
    return given
