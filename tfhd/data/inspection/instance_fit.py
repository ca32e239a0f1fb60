"""How the ids of instance maps go together with classes, which shows what the ids mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

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


def find_instance_fit(overlaps: Overlaps, class_of_id: np.ndarray) -> InstanceFit:
    """Counts the pixels of one instance map.

    Args:
        overlaps: pixels of each pair of stored id and class.
        class_of_id: int (65536,), the class index of each raw id of the label set, -1 where no class lists it.
    """
    instances, pixels = overlaps.instances, overlaps.pixels
    outside, zero = ~overlaps.largest, instances == 0
    named = np.where(instances >= _FIRST_NUMBERED, class_of_id[instances // _CLASS_FACTOR], -1)
    counted = (np.s_[:], outside, zero, zero & outside, named >= 0, named == overlaps.classes)
    return InstanceFit(*(int(pixels[where].sum()) for where in counted))
