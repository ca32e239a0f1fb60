"""Random maps for comparisons: square blocks, each of one class, one instance and one style."""

from __future__ import annotations

import numpy as np

from tfhd.config import Config
from tfhd.data.pipeline.transforms import picture_size
from tfhd.label_sets import MAX_ID

Shape = tuple[int, int, int]
"""Batch, height, width."""

_SIDE = 16
"""Pixels along a block's sides, where that makes no more blocks than there are instance ids."""
_MAX_ROWS = 256
"""Taller images are compared at a half, a quarter and so on of their size: a large one takes Keras a minute."""


class BlockMaps:
    """Maps of one batch, the same for the same shape.

    Args:
        shape: batch, height and width of the maps.
    """

    def __init__(self, shape: Shape) -> None:
        self._random = np.random.default_rng(0)
        self._batch, self._height, self._width = shape
        self._side = _SIDE
        while np.prod(self._blocks) > MAX_ID + 1:
            self._side *= 2

    @property
    def _blocks(self) -> tuple[int, int]:
        """Rows and columns of blocks in each image; those at the bottom and right edges may be cut."""
        return -(-self._height // self._side), -(-self._width // self._side)

    def choice(self, values: int | np.ndarray) -> np.ndarray:
        """One of the values for each block, or one of 0..values-1: integer `(batch, height, width)`."""
        return self._enlarged(self._random.choice(values, (self._batch, *self._blocks)))

    def features(self, channels: int) -> np.ndarray:
        """A vector of numbers in [-1, 1) for each block: float32 `(batch, height, width, channels)`."""
        vectors = self._random.uniform(-1, 1, (self._batch, *self._blocks, channels))
        return self._enlarged(vectors.astype(np.float32))

    def instances(self) -> np.ndarray:
        """Another instance id for each block of an image: int32 `(batch, height, width)`."""
        rows, columns = self._blocks
        # The highest ids: arithmetic with fewer than 16 bits would take neighbouring ones for the same.
        ids = MAX_ID - np.arange(rows * columns, dtype=np.int32)
        return self._enlarged(ids.reshape(1, rows, columns).repeat(self._batch, axis=0))

    def _enlarged(self, values: np.ndarray) -> np.ndarray:
        """A value for each block, `(batch, rows, columns, ...)`, on all its pixels, `(batch, height, width, ...)`."""
        return values.repeat(self._side, axis=1).repeat(self._side, axis=2)[:, : self._height, : self._width]


def shapes_to_compare(config: Config) -> list[Shape]:
    """Two sizes, each with one and with two images per batch, for a model that takes any size."""
    height, width = picture_size(config)
    least = config.smallest_size
    step = 1 if config.data.fit == "pad" else least
    while height > _MAX_ROWS:
        height, width = height // 2, width // 2
    sizes = [[max(least, side // part // step * step) for side in (height, width)] for part in (1, 2)]
    return [(batch, *size) for size in sizes for batch in (1, 2)]
