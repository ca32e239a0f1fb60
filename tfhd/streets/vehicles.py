"""Cars, trucks, buses and trams as small solids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfhd.streets.canvas import Canvas, Point, Rect
from tfhd.streets.looks import LIVERIES, PAINTS, Colour, Kind, pick

_GLASS = (58, 70, 84)
_TYRE = (30, 30, 34)
_TAIL_LAMP = (226, 40, 36)
_HEAD_LAMP = (255, 248, 214)


@dataclass(frozen=True)
class Body:
    """A vehicle's shape in metres; lengths along the body count from its tail."""

    length: float
    half_width: float
    waist: float  # top of the lower body
    roof: float
    cabin: tuple[float, float, float, float]  # tail and nose of the cabin at the waist, then at the roof
    axles: tuple[float, float]
    wheel: float


SALOON = Body(4.4, 0.9, 0.92, 1.46, (0.35, 3.35, 0.95, 2.6), (0.85, 3.55), 0.36)
HATCHBACK = Body(3.9, 0.88, 0.95, 1.52, (0.05, 3.1, 0.35, 2.45), (0.7, 3.1), 0.35)
VAN = Body(4.8, 1.0, 1.1, 2.05, (0.05, 4.2, 0.2, 3.5), (0.9, 3.8), 0.38)


@dataclass(frozen=True)
class Place:
    """Where a vehicle stands: the near left corner of its length, and which way it looks."""

    x: float
    z: float
    length: float
    half_width: float
    oncoming: bool = False
    across: bool = False  # drives along x, over a crossing

    def at(self, along: float, sideways: float, up: float) -> Point:
        """The point `along` metres from the tail and `sideways` from the axis."""
        along = self.length - along if self.oncoming else along
        return (self.x + along, up, self.z + sideways) if self.across else (self.x + sideways, up, self.z + along)

    def rectangle(self, tail: float, nose: float, half_width: float, up: float) -> Rect:
        """A level rectangle around the axis, as `Canvas.box` takes it."""
        (xa, _, za), (xb, _, zb) = self.at(tail, -half_width, up), self.at(nose, half_width, up)
        return min(xa, xb), max(xa, xb), min(za, zb), max(za, zb), up


def paint_car(canvas: Canvas, rng: np.random.Generator, x: float, z: float, oncoming: bool = False, across: bool = False) -> None:
    """A car in one of `PAINTS`; `x` is its axis (its left end when it drives across), `z` its near end (its axis)."""
    body = pick(rng, (SALOON, SALOON, HATCHBACK, VAN))
    paint = pick(rng, PAINTS)
    ident = canvas.new_id(Kind.CAR)
    place = Place(x, z, body.length, body.half_width, oncoming, across)
    _paint_shadow(canvas, place)
    wide, waist, roof = body.half_width, body.waist, body.roof
    tail, nose, roof_tail, roof_nose = body.cabin
    _paint_wheels(canvas, place, body, ident)
    bonnet = place.rectangle(0.05, body.length - 0.1, wide - 0.03, waist)
    canvas.box(place.rectangle(0, body.length, wide, 0.28), bonnet, paint, ident)
    top = place.rectangle(roof_tail, roof_nose, wide - 0.24, roof - 0.07)
    canvas.box(place.rectangle(tail, nose, wide - 0.06, waist), top, _GLASS, ident)
    cap = place.rectangle(roof_tail - 0.06, roof_nose + 0.06, wide - 0.2, roof - 0.07)
    canvas.box(cap, place.rectangle(roof_tail + 0.1, roof_nose - 0.1, wide - 0.3, roof), paint, ident)
    _paint_pillars(canvas, place, body, paint)
    _paint_wheels(canvas, place, body, None)
    if not across:
        _paint_end(canvas, place, wide, waist)


def paint_coach(canvas: Canvas, rng: np.random.Generator, kind: Kind, x: float, z: float, oncoming: bool = False) -> None:
    """A truck, bus or tram (`Kind.TRUCK`, `BUS`, `TRAIN`) whose axis is at `x` and near end at `z`."""
    paint = pick(rng, LIVERIES)
    ident = canvas.new_id(kind)
    length, wide, roof = {Kind.TRUCK: (7.5, 1.2, 3.2), Kind.BUS: (11.0, 1.3, 3.2), Kind.TRAIN: (24.0, 1.3, 3.5)}[kind]
    place = Place(x, z, length, wide, oncoming)
    body = Body(length, wide, 1.4, roof, (0, length, 0, length), (1.6, length - 1.6), 0.5)
    _paint_shadow(canvas, place)
    if kind != Kind.TRAIN:
        _paint_wheels(canvas, place, body, ident)
    canvas.box(place.rectangle(0, length, wide, 0.35), place.rectangle(0, length, wide - 0.06, roof), paint, ident)
    if kind == Kind.TRUCK and not oncoming:
        canvas.paint(_upright(x, z, 0.0, 0.05, 0.9, roof - 0.15), (50, 50, 56))
    else:
        canvas.paint(_upright(x, z, 0.2 - wide, wide - 0.2, 1.4, 2.6), _GLASS)
    if kind != Kind.TRUCK:
        side = -wide if x > canvas.camera_x else wide
        for start in np.arange(0.6, length - 1.2, 1.5).tolist():
            window = ((start, 1.5), (start + 1.25, 1.5), (start + 1.25, 2.6), (start, 2.6))
            canvas.paint([(x + side, up, z + along) for along, up in window], _GLASS)
    if kind != Kind.TRAIN:
        _paint_wheels(canvas, place, body, None)
    _paint_end(canvas, place, wide, 1.1)


def _paint_shadow(canvas: Canvas, place: Place) -> None:
    for grow, alpha in ((0.35, 60), (0.1, 110)):
        x0, x1, z0, z1, _ = place.rectangle(-grow, place.length + grow, place.half_width + grow, 0)
        canvas.ground(x0, x1, z0, z1, (16, 16, 22), alpha=alpha)


def _paint_wheels(canvas: Canvas, place: Place, body: Body, ident: int | None) -> None:
    """Discs on the side that shows, and the treads below the near end; ids under the body, the photo over it as well."""
    shown = -1 if place.across or place.x > canvas.camera_x else 1
    outside = shown * (body.half_width + 0.01)
    for axle in body.axles:
        for radius, colour in ((body.wheel, _TYRE), (body.wheel * 0.55, (150, 152, 158))):
            ring = [(axle + radius * c, body.wheel + radius * s) for c, s in _CIRCLE]
            canvas.paint([place.at(along, outside, up) for along, up in ring], colour, ident)
    if place.across or ident is None:
        return
    for side in (-1, 1):
        x0, x1 = place.x + side * (body.half_width - 0.28), place.x + side * (body.half_width - 0.04)
        canvas.paint([(x0, 0, place.z), (x1, 0, place.z), (x1, 0.34, place.z), (x0, 0.34, place.z)], _TYRE, ident)


def _paint_pillars(canvas: Canvas, place: Place, body: Body, paint: Colour) -> None:
    """The posts between the side windows, and those beside the near window."""
    tail, nose, roof_tail, roof_nose = body.cabin
    shown = -1 if place.across or place.x > canvas.camera_x else 1
    low, high = shown * (body.half_width - 0.06), shown * (body.half_width - 0.24)
    for share in (0.0, 0.48, 1.0):
        foot, head = tail + share * (nose - tail), roof_tail + share * (roof_nose - roof_tail)
        feet = [place.at(foot + half, low, body.waist) for half in (-0.07, 0.07)]
        heads = [place.at(head + half, high, body.roof) for half in (0.07, -0.07)]
        canvas.paint(feet + heads, paint)


def _paint_end(canvas: Canvas, place: Place, wide: float, waist: float) -> None:
    """Lamps, plate and bumper of the end that faces the camera."""
    x, z = place.x, place.z
    lamp = _HEAD_LAMP if place.oncoming else _TAIL_LAMP
    canvas.paint(_upright(x, z, -wide, wide, 0.28, 0.42), (48, 48, 54))
    canvas.paint(_upright(x, z, -0.27, 0.27, 0.5, 0.62), (238, 238, 230))
    for side in (-1, 1):
        canvas.paint(_upright(x, z, side * (wide - 0.34), side * (wide - 0.04), waist - 0.32, waist - 0.14), lamp)


def _upright(x: float, z: float, left: float, right: float, low: float, high: float) -> list[Point]:
    return [(x + left, low, z), (x + right, low, z), (x + right, high, z), (x + left, high, z)]


_CIRCLE = [(float(np.cos(a)), float(np.sin(a))) for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)]
