"""Draws objects into maps, one over the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from tfhd.errors import InputError
from tfhd.formats.base import Maps

INCLUSIVE = "inclusive: pixels inside, on an edge or at a corner (Pillow's rule, which labelme and Cityscapes have too)"
OUTLINED = "outlined: pixels inside, and the edges drawn as lines (OpenCV's rule, which Supervisely has)"
MAX_POINTS = 1_000_000
"""Of one polygon."""


class Canvas:
    """The maps of a picture while its objects are drawn.

    Args:
        shape: height and width.
        background: the class id of pixels without an object.
    """

    def __init__(self, shape: tuple[int, int], background: int = 0) -> None:
        self.shape = shape
        self._label = np.full(shape, background, np.int32)
        self._objects = np.zeros(shape, np.int64)
        self._count = 0

    @property
    def maps(self) -> Maps:
        """What was drawn."""
        return Maps(self._label, self._objects)

    def new_object(self) -> int:
        """A number for an object; 0 is none."""
        self._count += 1
        return self._count

    def paint(self, mask: np.ndarray, class_id: int, number: int, top: int = 0, left: int = 0) -> None:
        """Draws an object over what is there.

        Args:
            mask: bool, of any size; what lies outside the picture is cut off.
            class_id: its class.
            number: of the object, 0 for a region that is none.
            top: row of the mask's first row.
            left: column of the mask's first column.
        """
        height, width = self.shape
        rows = slice(max(0, top), min(height, top + mask.shape[0]))
        columns = slice(max(0, left), min(width, left + mask.shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        part = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        self._label[rows, columns][part] = class_id
        self._objects[rows, columns][part] = number


def polygon_mask(points: Sequence[tuple[float, float]], shape: tuple[int, int]) -> np.ndarray:
    """The pixels of a polygon by the rule `INCLUSIVE`: bool (H, W).

    Args:
        points: x and y of each corner, in pixels; fractions are cut off.
        shape: height and width of the picture.
    """
    image = Image.new("1", shape[::-1])
    ImageDraw.Draw(image).polygon(list(points), fill=1)
    return np.array(image)


def outlined_polygon_mask(points: Sequence[tuple[int, int]], shape: tuple[int, int]) -> np.ndarray:
    """The pixels of a polygon by the rule `OUTLINED`: bool (H, W). OpenCV may move an edge that leaves the picture by a pixel.

    Args:
        points: x and y of each corner, in pixels.
        shape: height and width of the picture.
    """
    edges = list(zip(points, [*points[1:], points[0]], strict=True))
    crossed = np.zeros(shape, bool)
    for edge in edges:
        _cross_edge(crossed, *edge)
    mask = np.logical_xor.accumulate(crossed, axis=1)
    for edge in edges:
        _draw_line(mask, *edge)
    return mask


def _cross_edge(crossed: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Turns over, in each row, the first pixel at the right of an edge."""
    (x, y), (end_x, end_y) = sorted((start, end), key=lambda point: point[1])
    height, width = crossed.shape
    rows = np.arange(max(0, y), min(height, end_y))
    columns = x - ((x - end_x) * (rows - y)) // max(1, end_y - y)  # rounded up
    shown = columns < width
    crossed[rows[shown], np.maximum(columns[shown], 0)] ^= True


def _draw_line(mask: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Draws the pixels next to a line as OpenCV does: from left to right, and of two as near the one that it is on already."""
    (x, y), (end_x, end_y) = sorted((start, end), key=lambda point: point[0])
    right, down = end_x - x, end_y - y
    is_steep, sign = abs(down) > right, 1 if down >= 0 else -1
    length, rise = (abs(down), right) if is_steep else (right, abs(down))
    height, width = mask.shape
    place, size = (y if sign > 0 else height - 1 - y, height) if is_steep else (x, width)
    steps = np.arange(max(0, -place), min(length, size - 1 - place) + 1)  # those inside the picture
    aside = -((length - 2 * rise * steps) // (2 * max(1, length)))
    columns, rows = (x + aside, y + sign * steps) if is_steep else (x + steps, y + sign * aside)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    mask[rows[inside], columns[inside]] = True


def corners(points: object, where: str, least: int = 3) -> list[tuple[float, float]]:
    """Corners as numbers; raises `InputError` unless `points` is a list of at least `least` pairs of finite numbers."""
    try:
        array = np.asarray(points, np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim == 2 and array.shape[1] == 2 and least <= len(array) <= MAX_POINTS and (np.abs(array) < 1e7).all():
        return [tuple(point) for point in array.tolist()]
    raise InputError(f"{where}: its points are {str(points)[:60]}; expected at least {least} pairs of numbers, x and y")
