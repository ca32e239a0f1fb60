"""Studies of one region: a crop of it, or the whole picture with its outline, as the paper does for cars."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy import ndimage

from tfhd.errors import InputError
from tfhd.label_sets import LabelSet
from tfhd_client import read_ids, read_labels

RegionKind = Literal["crop", "outline"]

_MARGIN = 0.25
"""Around a crop, as a share of the region's longer side."""
_COLOR = (255, 216, 0)
_FEWEST_PIXELS = 64
"""Smaller regions are too small to be judged."""


@dataclass(frozen=True)
class ClassRegion:
    """The regions of one class in label maps.

    Raises:
        InputError: the label set has no such class.
    """

    label_set: LabelSet
    name: str

    def __post_init__(self) -> None:
        if self.name not in self.label_set.names:
            names = ", ".join(self.label_set.names)
            raise InputError(
                f"--region-class {self.name}: label set {self.label_set.name} has no such class; expected one of {names}"
            )

    def mask(self, path: Path) -> np.ndarray:
        """Bool `(height, width)` of the class in a label map."""
        ids = self.label_set.classes[self.label_set.names.index(self.name)].ids
        return np.isin(read_labels(path, self.label_set.label_classes), ids)


def read_mask(path: Path) -> np.ndarray:
    """Bool `(height, width)`: where a mask file is not 0."""
    return read_ids(path) != 0


def show_region(pictures: list[np.ndarray], mask: np.ndarray, kind: RegionKind) -> list[np.ndarray] | None:
    """Crops pictures to the largest connected part of a region, or draws the outline of all parts; the same for all of them.

    Args:
        pictures: uint8 `(height, width, 3)`, all of one size.
        mask: bool `(height, width)`.
        kind: crop or outline.

    Returns:
        The pictures, or None where the region is absent, or smaller than 64 pixels.
    """
    if kind == "outline":
        if mask.sum() < _FEWEST_PIXELS:
            return None
        edge = ndimage.binary_dilation(mask, iterations=max(1, min(mask.shape) // 256)) & ~mask
        return [np.where(edge[:, :, np.newaxis], np.uint8(_COLOR), picture) for picture in pictures]
    parts, count = ndimage.label(mask)
    pixels = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    if pixels.max(initial=0) < _FEWEST_PIXELS:
        return None
    rows, columns = ndimage.find_objects(parts)[pixels.argmax()]
    margin = round(_MARGIN * max(rows.stop - rows.start, columns.stop - columns.start))
    box = tuple(slice(max(0, span.start - margin), span.stop + margin) for span in (rows, columns))
    return [picture[box] for picture in pictures]
