"""The embedded data set: streets that are rendered rather than read."""

from __future__ import annotations

import numpy as np

from tfhd.label_sets import map_labels
from tfhd.readers.base import DataSource, Reader, Sample
from tfhd.streets.scene import render_street


class StreetsReader(Reader):
    """Renders `source.street_count` streets for training, and a fifth as many for any other split, at `source`'s size.

    Raises:
        InputError: the size is too small for a street, or the label set cannot be loaded.
    """

    name = "streets"
    layout = "the embedded rendered set"

    def __init__(self, source: DataSource, split: str) -> None:
        super().__init__(source, split)
        count = source.street_count if split == "train" else max(1, source.street_count // 5)
        self._streets = [render_street(split, index, source.height, source.width) for index in range(count)]

    @classmethod
    def has_split(cls, source: DataSource, split: str) -> bool:
        """Always: any split can be rendered."""
        return True

    @property
    def count(self) -> int:
        """Number of streets."""
        return len(self._streets)

    def load(self, index: int) -> Sample:
        """A street; raises `InputError` where the label set lacks a class that it shows."""
        street, name = self._streets[index], self.name_of(index)
        return Sample(map_labels(street.label, self.label_set, name), street.instance.astype(np.int32), street.image, name)

    def name_of(self, index: int) -> str:
        """The street's number and split."""
        return f"street {index} of {self.split}"

    def size_of(self, index: int) -> tuple[int, int]:
        """The height and width that all streets have."""
        return self.source.height, self.source.width
