"""People on foot and on two wheels, and the furniture of the sidewalk."""

from __future__ import annotations

import numpy as np

from tfhd.streets.canvas import Canvas
from tfhd.streets.looks import OUTFITS, PAINTS, SKINS, Colour, Kind, pick

_Shape = tuple[tuple[float, float], ...]

_TYRE = (34, 34, 38)


class _Figure:
    """Flat shapes that face the camera, in metres around a foot point."""

    def __init__(self, canvas: Canvas, x: float, z: float, ident: int | None, size: float = 1.0, mirrored: bool = False):
        self._canvas, self._x, self._z, self._ident, self._size = canvas, x, z, ident, size
        self._direction = -1 if mirrored else 1

    def shape(self, corners: _Shape, colour: Colour, gain: float = 1.0) -> None:
        points = [(self._x + self._direction * self._size * dx, self._size * dy, self._z) for dx, dy in corners]
        self._canvas.paint(points, colour, self._ident, gain)

    def bar(self, x0: float, y0: float, x1: float, y1: float, thick: float, colour: Colour) -> None:
        half = thick / 2
        self.shape(((x0 - half, y0), (x0 + half, y0), (x1 + half, y1), (x1 - half, y1)), colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        centre = (self._x + self._direction * self._size * x, self._size * y, self._z)
        self._canvas.disc(centre, radius * self._size, colour, self._ident)


def paint_person(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Someone walking at `x` metres beside the axis, `z` metres ahead."""
    (coat, trousers), skin = pick(rng, OUTFITS), pick(rng, SKINS)
    size, stride = float(rng.uniform(0.9, 1.08)), float(rng.uniform(0.12, 0.3))
    canvas.ground(x - 0.4, x + 0.4, z - 0.2, z + 0.3, (16, 16, 22), alpha=80)
    figure = _Figure(canvas, x, z, canvas.new_id(Kind.PERSON), size, bool(rng.random() < 0.5))
    figure.bar(-stride, 0, -0.07, 0.9, 0.17, trousers)
    figure.bar(stride, 0, 0.07, 0.9, 0.17, trousers)
    figure.bar(-0.3, 0.85, -0.2, 1.42, 0.12, tuple(c * 4 // 5 for c in coat))
    figure.bar(0.3, 0.85, 0.2, 1.42, 0.12, tuple(c * 4 // 5 for c in coat))
    figure.shape(((-0.21, 0.78), (0.21, 0.78), (0.24, 1.4), (0.12, 1.5), (-0.12, 1.5), (-0.24, 1.4)), coat)
    figure.disc(0, 1.66, 0.135, (58, 42, 36))
    figure.disc(0.03, 1.62, 0.11, skin)


def paint_cyclist(canvas: Canvas, rng: np.random.Generator, x: float, z: float, kind: Kind) -> None:
    """A rider on a `Kind.BICYCLE` or `Kind.MOTORCYCLE`, seen from the side."""
    mirrored = bool(rng.random() < 0.5)
    paint_two_wheeler(canvas, rng, x, z, kind, mirrored)
    (coat, trousers), skin = pick(rng, OUTFITS), pick(rng, SKINS)
    figure = _Figure(canvas, x, z, canvas.new_id(Kind.RIDER), mirrored=mirrored)
    figure.shape(((-0.3, 0.95), (-0.1, 0.9), (0.22, 0.62), (0.1, 0.28), (-0.02, 0.3), (0.04, 0.6), (-0.26, 0.8)), trousers)
    figure.shape(((-0.34, 0.9), (-0.05, 0.92), (0.16, 1.42), (0.02, 1.54), (-0.12, 1.5)), coat)
    figure.shape(((0.0, 1.4), (0.14, 1.42), (0.5, 1.06), (0.42, 1.0)), coat, 0.85)
    figure.disc(0.12, 1.66, 0.14, skin)
    figure.shape(((-0.04, 1.68), (0.28, 1.68), (0.22, 1.82), (0.08, 1.84)), pick(rng, PAINTS))


def paint_two_wheeler(canvas: Canvas, rng: np.random.Generator, x: float, z: float, kind: Kind, mirrored: bool = False) -> None:
    """A parked or ridden `Kind.BICYCLE` or `Kind.MOTORCYCLE`, seen from the side."""
    paint = pick(rng, PAINTS)
    canvas.ground(x - 0.9, x + 0.9, z - 0.15, z + 0.25, (16, 16, 22), alpha=80)
    figure = _Figure(canvas, x, z, canvas.new_id(kind), mirrored=mirrored)
    for wheel in (-0.52, 0.52):
        figure.disc(wheel, 0.34, 0.34, _TYRE)
        figure.disc(wheel, 0.34, 0.25, tuple((c + 190) // 2 for c in paint))
    if kind == Kind.MOTORCYCLE:
        figure.shape(((-0.7, 0.78), (-0.2, 0.66), (0.3, 0.9), (0.44, 0.7), (0.2, 0.3), (-0.3, 0.3)), paint)
        return
    for bar in ((-0.52, 0.34, -0.2, 0.86), (-0.2, 0.74, 0.4, 0.8), (-0.1, 0.3, 0.4, 0.8), (0.52, 0.34, 0.4, 0.95)):
        figure.bar(*bar, 0.09, paint)
    figure.bar(-0.3, 0.86, -0.1, 0.86, 0.1, _TYRE)


def paint_lamp_post(canvas: Canvas, x: float, z: float) -> None:
    """A street lamp that leans over the road."""
    pole, inward = canvas.look.pole, -1 if x > 0 else 1
    figure = _Figure(canvas, x, z, Kind.POLE)
    figure.bar(0, 0, 0, 6.2, 0.14, pole)
    figure.shape(((0, 6.2), (inward * 1.5, 6.5), (inward * 1.5, 6.3), (0, 6.0)), pole)
    figure.shape(((inward * 1.1, 6.5), (inward * 1.9, 6.5), (inward * 1.9, 6.3), (inward * 1.1, 6.3)), (250, 240, 200))


def paint_traffic_light(canvas: Canvas, x: float, z: float) -> None:
    """A traffic light on its pole, with one of its three lamps lit."""
    look = canvas.look
    _Figure(canvas, x, z, Kind.POLE).bar(0, 0, 0, 3.0, 0.16, look.pole)
    figure = _Figure(canvas, x, z, Kind.TRAFFIC_LIGHT)
    figure.shape(((-0.28, 2.6), (0.28, 2.6), (0.28, 3.9), (-0.28, 3.9)), tuple(c // 3 for c in look.lamp))
    figure.disc(0, 3.25, 0.22, look.lamp)


def paint_sign(canvas: Canvas, x: float, z: float) -> None:
    """A traffic sign on its pole: a disc within a rim."""
    outer, inner = canvas.look.sign
    _Figure(canvas, x, z, Kind.POLE).bar(0, 0, 0, 2.4, 0.12, canvas.look.pole)
    figure = _Figure(canvas, x, z, Kind.TRAFFIC_SIGN)
    figure.disc(0, 2.6, 0.44, outer)
    figure.shape(((-0.26, 2.52), (0.26, 2.52), (0.26, 2.68), (-0.26, 2.68)), inner)


def paint_bin(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A litter bin: `Kind.STATIC`."""
    canvas.box((x - 0.3, x + 0.3, z, z + 0.5, 0), (x - 0.34, x + 0.34, z, z + 0.5, 1.0), pick(rng, PAINTS), Kind.STATIC)
