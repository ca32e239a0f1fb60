"""Counts over all pictures of a split."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from tfhd.data.inspection.inspected_example import InspectedExample
from tfhd.data.inspection.instance_fit import InstanceFit
from tfhd.label_sets import LabelSet


class SplitStatistics:
    """Counts of what the pictures of a split hold, which grow as pictures are added.

    Attributes:
        sizes: photos by (height, width).
        pixels, pictures, instances: int64 (num_classes,), how many of each class.
        outside_pixels, outside_pictures: how many of each raw value that is outside the label set.
        instances_per_picture, objects_per_picture: a number for each picture; objects are instances of countable classes.
        single_id: pictures of several classes whose instance map holds one id.
        one_per_class: pictures with an instance map and objects, no two of which are of one class.
        several_per_class: pictures with an instance map and at least two objects of one class.
        largest_id: the largest id in any instance map; -1 without maps.
        fit: how ids of instance maps and classes go together, in maps of more than one id.
        black, clipped: photos that look wrong, see `photo_light`.
        smoothed, outlined: label maps that look interpolated, and those that may be so or have outlines.
        smoothed_instances: instance maps that look interpolated.
        transparent: photos that have transparent pixels.
        turned: photos that their EXIF orientation turns.
    """

    def __init__(self, label_set: LabelSet) -> None:
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.pixels, self.pictures, self.instances = (np.zeros(label_set.num_classes, np.int64) for _ in range(3))
        self.outside_pixels: Counter[int] = Counter()
        self.outside_pictures: Counter[int] = Counter()
        self.instances_per_picture: list[int] = []
        self.objects_per_picture: list[int] = []
        self.single_id = self.one_per_class = self.several_per_class = 0
        self.largest_id = -1
        self.fit = InstanceFit()
        self.black: list[Path] = []
        self.clipped: list[Path] = []
        self.smoothed: list[Path] = []
        self.outlined: list[Path] = []
        self.smoothed_instances: list[Path] = []
        self.transparent: list[Path] = []
        self.turned: list[Path] = []
        self._countable = list(label_set.countable)

    def add(self, example: InspectedExample) -> None:
        """Adds a picture."""
        photo = example.example.image
        if example.size is not None:
            self.sizes[example.size] += 1
            self.black += [photo] * (example.light == "black")
            self.clipped += [photo] * (example.light == "clipped")
            self.transparent += [photo] * example.transparent
            self.turned += [photo] * (example.orientation != 1)
        self.smoothed += [example.example.label] * (example.smoothing == "interpolated")
        self.outlined += [example.example.label] * (example.smoothing == "outlines")
        if example.example.instance is not None:
            self.smoothed_instances += [example.example.instance] * (example.instance_smoothing == "interpolated")
        if example.pixels is not None:
            self.pixels += example.pixels
            self.pictures += example.pixels > 0
        self.outside_pixels.update(example.outside)
        self.outside_pictures.update(example.outside.keys())
        if example.instances is not None:
            self._add_instances(example, example.instances)

    def _add_instances(self, example: InspectedExample, instances: np.ndarray) -> None:
        objects = instances[self._countable]
        self.instances += instances
        self.instances_per_picture.append(int(instances.sum()))
        self.objects_per_picture.append(int(objects.sum()))
        if example.largest_id is None:
            return
        self.largest_id = max(self.largest_id, example.largest_id)
        single_id = instances.sum() == 1 and np.count_nonzero(example.pixels) > 1
        self.single_id += int(single_id)
        if example.fit is not None and not single_id:
            self.fit = self.fit.plus(example.fit)
        self.one_per_class += int(0 < objects.sum() == np.count_nonzero(objects))
        self.several_per_class += int(objects.max(initial=0) > 1)
