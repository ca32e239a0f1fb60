"""A car camera that paints one polygon into the ids and into the photo at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from tfhd.streets.looks import Colour, Kind, Look

Point = tuple[float, float, float]  # metres: x right, y up, z ahead of the camera
Rect = tuple[float, float, float, float, float]  # x0, x1, z0, z1 and their common y

COUNTABLE = frozenset((Kind.PERSON, Kind.RIDER, Kind.CAR, Kind.TRUCK, Kind.BUS, Kind.TRAIN, Kind.MOTORCYCLE, Kind.BICYCLE))

_SUPERSAMPLING = 2  # the photo is drawn at this many times the size and averaged down; ids are never blended
_HAZE_METRES = 170.0
_BANDS = (3.5, 5, 7, 10, 14, 20, 28, 38, 50, 66, 90, 130, 200, 400)  # metres


class Canvas:
    """Instance ids and photo of one street, painted far to near.

    Args:
        height: rows of the ids and of the finished photo.
        width: their columns.
        look: styles, for light and haze.
        camera: x and height of the camera in metres; it looks along z.
        sky: uint8 (h,w,3) of any size; stretched over the whole photo before anything else is painted.
    """

    def __init__(self, height: int, width: int, look: Look, camera: tuple[float, float], sky: np.ndarray):
        self.look = look
        self.camera_x, self.camera_y = camera
        self._centre, self._horizon = width / 2, 0.47 * height
        # Tall pictures see the same street with more sky and road, rather than a slice of it.
        self._focal = 1.1 * min(height, width / 2)
        photo_size = (width * _SUPERSAMPLING, height * _SUPERSAMPLING)
        self._ids = Image.new("I", (width, height), int(Kind.SKY))
        self._photo = Image.fromarray(sky).resize(photo_size, Image.Resampling.BICUBIC)
        self._draw_ids = ImageDraw.Draw(self._ids)
        self._draw_photo = ImageDraw.Draw(self._photo)
        self._blend_photo = ImageDraw.Draw(self._photo, "RGBA")  # ten times slower on large shapes
        self._counts: dict[int, int] = {}

    def new_id(self, kind: Kind) -> int:
        """The next free instance id of a countable class; the class itself for any other."""
        if kind not in COUNTABLE:
            return int(kind)
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        return kind * 1000 + count

    def size_in_pixels(self, metres: float, z: float) -> float:
        """How long a thing of that size is on the picture."""
        return self._focal * metres / z

    def shade(self, colour: Colour, z: float, gain: float = 1.0) -> Colour:
        """The colour as it looks from `z` metres away under this picture's light."""
        clear = math.exp(-z / _HAZE_METRES)
        (red, green, blue), (far_red, far_green, far_blue) = self.look.weather.light, self.look.weather.horizon
        near, fog = gain * clear, 1.0 - clear
        return (
            min(255, round(colour[0] * near * red + far_red * fog)),
            min(255, round(colour[1] * near * green + far_green * fog)),
            min(255, round(colour[2] * near * blue + far_blue * fog)),
        )

    def paint(
        self, points: Sequence[Point], colour: Colour, ident: int | None = None, gain: float = 1.0, alpha: int = 255
    ) -> None:
        """Paints a polygon.

        Args:
            points: its corners.
            colour: before light and haze.
            ident: instance id; None paints the photo only.
            gain: brightness of this face.
            alpha: opacity in the photo, 0..255.
        """
        depth = (points[0][2] + points[len(points) // 2][2]) / 2
        self._fill(self._project(points), (*self.shade(colour, depth, gain), alpha), ident)

    def glow(self, points: Sequence[Point], colour: Colour) -> None:
        """Paints what shines by itself, whatever the weather; photo only."""
        self._fill(self._project(points), (*colour, 255), None)

    def disc(self, centre: Point, radius: float, colour: Colour, ident: int | None = None, alpha: int = 255) -> None:
        """Paints a disc that faces the camera; arguments as for `paint`."""
        x, y, z = centre
        corners = self._project(((x - radius, y + radius, z), (x + radius, y - radius, z)))
        draw = self._draw_photo if alpha == 255 else self._blend_photo
        draw.ellipse(_whole(corners, _SUPERSAMPLING), (*self.shade(colour, z), alpha))
        if ident is not None:
            self._draw_ids.ellipse(_whole(corners, 1), ident)

    def box(self, bottom: Rect, top: Rect, colour: Colour, ident: int) -> None:
        """Paints the visible faces of a box whose top may be smaller than its bottom."""
        ax0, ax1, az0, az1, ay = bottom
        bx0, bx1, bz0, bz1, by = top
        sun = self.look.sun_side
        faces = (
            (1.12, ((bx0, by, bz0), (bx1, by, bz0), (bx1, by, bz1), (bx0, by, bz1))),
            (1.0 - 0.12 * sun, ((ax0, ay, az1), (ax0, ay, az0), (bx0, by, bz0), (bx0, by, bz1))),
            (1.0 + 0.12 * sun, ((ax1, ay, az0), (ax1, ay, az1), (bx1, by, bz1), (bx1, by, bz0))),
            (0.92, ((ax0, ay, az0), (ax1, ay, az0), (bx1, by, bz0), (bx0, by, bz0))),
        )
        for gain, face in faces:
            if _turned_to_camera(self._project(face)):
                self.paint(face, colour, ident, gain)

    def ground(
        self, x0: float, x1: float, z0: float, z1: float, colour: Colour, ident: int | None = None, alpha: int = 255
    ) -> None:
        """Paints a rectangle that lies on the street; a long one in bands, for haze grows along it."""
        edges = [z0, *(edge for edge in _BANDS if z0 < edge < z1), z1] if z1 > 2 * z0 else [z0, z1]
        for start, end in pairwise(edges):
            self.paint(((x0, 0, start), (x1, 0, start), (x1, 0, end), (x0, 0, end)), colour, ident, alpha=alpha)

    def overlay(self, points: Sequence[tuple[float, float]], colour: Colour, ident: int | None = None) -> None:
        """Paints what is fixed to the camera: corners as shares of width and height."""
        width, height = self._ids.size
        self._fill([(x * width, y * height) for x, y in points], (*self.shade(colour, 0), 255), ident)

    def ids(self) -> np.ndarray:
        """uint16 (H,W) instance ids."""
        return np.asarray(self._ids).astype(np.uint16)

    def photo(self) -> np.ndarray:
        """uint8 (H,W,3)."""
        return np.array(self._photo.reduce(_SUPERSAMPLING))

    def _project(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        focal, centre, horizon, camera_x, camera_y = self._focal, self._centre, self._horizon, self.camera_x, self.camera_y
        return [(centre + focal * (x - camera_x) / z, horizon + focal * (camera_y - y) / z) for x, y, z in points]

    def _fill(self, flat: Sequence[tuple[float, float]], fill: tuple[int, int, int, int], ident: int | None) -> None:
        xs = [x for x, _ in flat]
        if max(xs) < 0 or min(xs) > self._ids.width:
            return
        draw = self._draw_photo if fill[3] == 255 else self._blend_photo
        draw.polygon(_whole(flat, _SUPERSAMPLING), fill)
        if ident is not None:
            self._draw_ids.polygon(_whole(flat, 1), ident)


def _whole(flat: Sequence[tuple[float, float]], scale: int) -> list[tuple[int, int]]:
    """Whole pixels, because how Pillow rounds fractions is its own business and has changed between versions."""
    return [(round(x * scale - 0.5), round(y * scale - 0.5)) for x, y in flat]


def _turned_to_camera(flat: Sequence[tuple[float, float]]) -> bool:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*flat, flat[0]])) < 0
