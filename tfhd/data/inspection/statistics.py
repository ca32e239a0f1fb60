"""Sums over the pictures of a split."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tfhd.data.inspection.example import Inspection
from tfhd.label_sets import LabelSet


class Tally:
    """What the pictures of a split hold together.

    Attributes:
        sizes: photos by (height, width).
        pixels, pictures, instances: int64 (num_classes,), how many of each class.
        outside_pixels, outside_pictures: how many of each raw value outside the label set.
        instances_a_picture, objects_a_picture: of each picture; objects are instances of countable classes.
        single: pictures of several classes whose instance map holds one id.
        alone, apart: pictures with objects of which no two are of one class, and those where some are.
        largest_id: the largest id of an instance map; -1 without maps.
    """

    def __init__(self, label_set: LabelSet) -> None:
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.pixels, self.pictures, self.instances = (np.zeros(label_set.num_classes, np.int64) for _ in range(3))
        self.outside_pixels: Counter[int] = Counter()
        self.outside_pictures: Counter[int] = Counter()
        self.instances_a_picture: list[int] = []
        self.objects_a_picture: list[int] = []
        self.single = self.alone = self.apart = 0
        self.largest_id = -1
        self._countable = list(label_set.countable)

    def add(self, inspection: Inspection) -> None:
        """Adds a picture."""
        if inspection.size is not None:
            self.sizes[inspection.size] += 1
        if inspection.pixels is not None:
            self.pixels += inspection.pixels
            self.pictures += inspection.pixels > 0
        self.outside_pixels.update(inspection.outside)
        self.outside_pictures.update(inspection.outside.keys())
        if inspection.instances is not None:
            self._add_instances(inspection, inspection.instances)

    def _add_instances(self, inspection: Inspection, instances: np.ndarray) -> None:
        objects = instances[self._countable]
        self.instances += instances
        self.instances_a_picture.append(int(instances.sum()))
        self.objects_a_picture.append(int(objects.sum()))
        if inspection.largest_id is None:
            return
        self.largest_id = max(self.largest_id, inspection.largest_id)
        self.single += int(instances.sum() == 1 and np.count_nonzero(inspection.pixels) > 1)
        self.alone += int(0 < objects.sum() == np.count_nonzero(objects))
        self.apart += int(objects.max(initial=0) > 1)
