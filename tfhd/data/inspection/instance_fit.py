"""How the ids of instance maps go together with classes, which shows what the ids mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tfhd.label_sets import MAX_ID, LabelSet, class_of_id
from tfhd.readers.instances import Overlaps

_CLASS_FACTOR = 1000
"""Cityscapes and its kin number the k-th object of a class as class * 1000 + k."""

_FIRST_NUMBERED = 2 * _CLASS_FACTOR
"""From here on an id is taken for such a number; 1000 to 1999 is also what maps that count from 1000 hold."""


class InstanceFit(NamedTuple):
    """Counts of pixels, over any number of instance maps.

    Attributes:
        pixels: in all.
        outside: of another class than most of their instance.
        zero: with id 0.
        zero_outside: with id 0, and of another class than most of those.
        numbered: whose id, by class * 1000 + k, names a class of the label set.
        matching: of these, those that have that class.
    """

    pixels: int = 0
    outside: int = 0
    zero: int = 0
    zero_outside: int = 0
    numbered: int = 0
    matching: int = 0

    def plus(self, other: InstanceFit) -> InstanceFit:
        """The counts of both."""
        return InstanceFit(*(mine + others for mine, others in zip(self, other, strict=True)))

    @property
    def outside_share(self) -> float:
        """Share of the pixels outside their instance's majority class, in [0, 1]."""
        return self.outside / max(1, self.pixels)

    @property
    def outside_share_without_zero(self) -> float:
        """The same where id 0 is no instance."""
        return (self.outside - self.zero_outside) / max(1, self.pixels - self.zero)


def find_instance_fit(overlaps: Overlaps, label_set: LabelSet) -> InstanceFit:
    """Counts the pixels of one instance map.

    Args:
        overlaps: pixels of each pair of stored id and class.
        label_set: of the classes. Where its ids are too high for class * 1000 + k, no id is taken for such a number.
    """
    instances, pixels = overlaps.instances, overlaps.pixels
    outside, zero = ~overlaps.largest, instances == 0
    named = np.full(instances.shape, -1)
    if _can_be_numbered(label_set):
        named = np.where(instances >= _FIRST_NUMBERED, class_of_id(label_set)[instances // _CLASS_FACTOR], -1)
    counted = (np.s_[:], outside, zero, zero & outside, named >= 0, named == overlaps.classes)
    return InstanceFit(*(int(pixels[where].sum()) for where in counted))


def _can_be_numbered(label_set: LabelSet) -> bool:
    """Whether class * 1000 + k names an object of every countable class, and no class has such an id itself (ADE20K's have)."""
    ids = [value for item in label_set.classes for value in item.ids]
    countable = [value for item in label_set.classes if item.countable for value in item.ids]
    return max(ids) < _CLASS_FACTOR and all(0 < value <= MAX_ID // _CLASS_FACTOR - 1 for value in countable)
