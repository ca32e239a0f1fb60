"""The embedded data set: rendered streets with Cityscapes' label ids, instances, and several styles of every class."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from PIL import Image

from tfhd.errors import InputError
from tfhd.streets import backdrop, people, vehicles
from tfhd.streets.canvas import Canvas
from tfhd.streets.looks import Kind, Look, pick

MIN_HEIGHT, MIN_WIDTH = 32, 64

_Thing = tuple[float, Callable[[], None]]  # distance in metres, and what paints it


class Street(NamedTuple):
    """One rendered picture with its ground truth."""

    label: np.ndarray
    """uint8 (H,W): Cityscapes label ids 0..33."""
    instance: np.ndarray
    """uint16 (H,W): class * 1000 + k for what can be counted (persons, riders and vehicles), the class itself otherwise."""
    image: np.ndarray
    """uint8 (H,W,3)."""


def render_street(split: str, index: int, height: int, width: int) -> Street:
    """Renders one street; the same arguments give the same street on every machine.

    A street's layout does not depend on its size: a larger picture shows the same scene in more detail.

    Args:
        split: name of the split; two splits share no street.
        index: number of the street within its split, from 0.
        height: rows, at least 32.
        width: columns, at least 64.

    Raises:
        InputError: the size is too small, or the index negative.
    """
    if height < MIN_HEIGHT or width < MIN_WIDTH:
        raise InputError(f"a street of {height}x{width} pixels; ask for at least {MIN_HEIGHT}x{MIN_WIDTH}")
    if index < 0:
        raise InputError(f"street number {index}; numbers start at 0")
    rng = np.random.default_rng((zlib.crc32(split.encode()), index))
    look = Look.draw(rng)
    camera = (float(rng.uniform(0.9, 2.1)), float(rng.uniform(1.65, 1.95)))
    canvas = Canvas(height, width, look, camera, backdrop.sky_picture(look, rng))
    crossing = _plan_crossing(rng)
    backdrop.paint_horizon(canvas, rng)
    backdrop.paint_ground(canvas, rng, crossing)
    _paint_roadsides(canvas, rng, crossing)
    for _, paint in sorted(_plan_things(canvas, rng, crossing), key=lambda thing: -thing[0]):
        paint()
    if rng.random() < 0.4:
        _paint_hood(canvas)
    instance = canvas.ids()
    label = np.where(instance >= 1000, instance // 1000, instance).astype(np.uint8)
    return Street(label, instance, _textured(canvas.photo(), label, rng))


def _plan_crossing(rng: np.random.Generator) -> tuple[float, float] | None:
    """Where a side street starts and ends, in metres ahead; None in most streets."""
    start = float(rng.uniform(20, 30))
    return (start, start + 7.5) if rng.random() < 0.35 else None


def _paint_roadsides(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> None:
    """Houses and parks along both sides, far to near; one side has no park nearby, so that every picture shows a house."""
    housed = pick(rng, (-1, 1))
    borders = (crossing[0] - 3, crossing[1] + 3) if crossing else (0.0, 0.0)
    for side in (-1, 1):
        lots, start = [], 3.0
        while start < backdrop.STREET_END:
            end = start + float(rng.uniform(10, 17))
            if start < borders[0] < end:
                lots.append((start, borders[0]))
                start = borders[1]
                continue
            lots.append((start, end))
            start = end
        parks = [not (side == housed and start < 40) and end - start > 6 and rng.random() < 0.45 for start, end in lots]
        for number in reversed(range(len(lots))):
            start, end = lots[number]
            if parks[number]:
                backdrop.paint_park(canvas, rng, side, start, end)
            else:
                corner = number == 0 or parks[number - 1] or lots[number - 1][1] < start
                backdrop.paint_building(canvas, rng, side, start, end, corner)


def _plan_things(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> list[_Thing]:
    """Everything that stands between the houses."""
    things = _plan_trees(canvas, rng, crossing) + _plan_furniture(canvas, rng, crossing) + _plan_people(canvas, rng, crossing)
    return things + _plan_traffic(canvas, rng, crossing)


def _plan_trees(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> list[_Thing]:
    """Rows of trees on the sidewalks; one tree at least stands where every picture shows it."""
    sure = pick(rng, (-1, 1))
    things = []
    for side in (-1, 1):
        row = rng.random() < 0.45
        first = float(rng.uniform(12, 17))
        for number, z in enumerate(np.arange(first, 90, 13.0).tolist()):
            size = float(rng.uniform(0.72, 0.92))
            in_crossing = crossing is not None and crossing[0] - 1 < z < crossing[1] + 1
            if (row and not in_crossing) or (side == sure and number == 0):
                things.append((z, partial(backdrop.paint_tree, canvas, rng, side * 6.9, z, size)))
    return things


def _plan_furniture(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> list[_Thing]:
    """Lamp posts, signs, traffic lights, bins and parked bicycles."""
    things: list[_Thing] = []
    for side in (-1, 1):
        for z in np.arange(float(rng.uniform(12, 24)), 80, 24.0).tolist():
            things.append((z, partial(people.paint_lamp_post, canvas, side * 5.6, z)))
        if rng.random() < 0.6:
            z = float(rng.uniform(8, 20))
            things.append((z, partial(people.paint_sign, canvas, side * 5.7, z)))
        if crossing or rng.random() < 0.25:
            z = crossing[0] - 4 if crossing else float(rng.uniform(12, 22))
            things.append((z, partial(people.paint_traffic_light, canvas, side * 5.6, z)))
        if rng.random() < 0.15:
            z = float(rng.uniform(8, 16))
            things.append((z, partial(people.paint_bin, canvas, rng, side * 6.2, z)))
        if rng.random() < 0.25:
            z = float(rng.uniform(8, 16))
            kind = pick(rng, (Kind.BICYCLE, Kind.BICYCLE, Kind.MOTORCYCLE))
            things.append((z, partial(people.paint_two_wheeler, canvas, rng, side * 6.4, z, kind)))
    return things


def _plan_people(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> list[_Thing]:
    """One to five people on the sidewalks, some on the zebra crossing, now and then a rider."""
    things: list[_Thing] = []
    for _ in range(int(rng.integers(1, 6))):
        x, z = pick(rng, (-1, 1)) * float(rng.uniform(5.8, 8.0)), float(rng.uniform(7, 28))
        things.append((z, partial(people.paint_person, canvas, rng, x, z)))
    for _ in range(int(rng.integers(0, 4)) if crossing else 0):
        x, z = float(rng.uniform(-4.5, 4.5)), crossing[0] - float(rng.uniform(1, 3))
        things.append((z, partial(people.paint_person, canvas, rng, x, z)))
    if rng.random() < 0.35:
        x, z = float(rng.uniform(2.3, 2.9)), float(rng.uniform(8, 18))
        kind = pick(rng, (Kind.BICYCLE, Kind.BICYCLE, Kind.BICYCLE, Kind.MOTORCYCLE))
        things.append((z, partial(people.paint_cyclist, canvas, rng, x, z, kind)))
    return things


def _plan_traffic(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> list[_Thing]:
    """Three to six cars, parked or driving, and sometimes a truck, a bus or a tram."""
    things: list[_Thing] = []
    ahead, towards = float(rng.uniform(13, 34)), float(rng.uniform(12, 30))
    slots = [(1.75, ahead, False), (-1.75, towards, True)]
    if rng.random() < 0.3:
        x, z, oncoming = slots.pop(int(rng.integers(2)))
        kind = pick(rng, (Kind.TRUCK, Kind.BUS, Kind.BUS, Kind.TRAIN))
        things.append((z, partial(vehicles.paint_coach, canvas, rng, kind, x, z, oncoming)))
    for x, oncoming, first in ((4.2, False, 6.5), (-4.2, True, 8.0)):
        for z in np.arange(first + float(rng.uniform(0, 2)), 34, 5.8).tolist():
            if not crossing or z + 6 < crossing[0] or z > crossing[1] + 1:
                slots.append((x, z, oncoming))
    for number in rng.permutation(len(slots))[: int(rng.integers(3, 7))].tolist():
        x, z, oncoming = slots[number]
        things.append((z, partial(vehicles.paint_car, canvas, rng, x, z, oncoming)))
    if crossing and rng.random() < 0.6:
        z = crossing[0] + 2.0
        things.append((z, partial(vehicles.paint_car, canvas, rng, float(rng.uniform(-9, 6)), z, False, True)))
    return things


def _paint_hood(canvas: Canvas) -> None:
    """The bonnet of the car that carries the camera."""
    hood = canvas.look.hood
    for top, colour, ident in ((0.925, hood, Kind.EGO), (0.95, tuple(min(255, c + 22) for c in hood), None)):
        arc = [(0.5 + 0.44 * t, top + 0.055 * t * t) for t in np.linspace(-1, 1, 15).tolist()]
        canvas.overlay([(0.04, 1.0), *arc, (0.96, 1.0)], colour, ident)


def _textured(photo: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Speckles leaves, grass and asphalt, and adds a camera's grain: uint8 (H,W,3)."""
    height, width = label.shape
    gain = np.ones(label.shape, np.float32)
    for (rows, columns), amplitudes in ((_PATCHES, _PATCH_AMPLITUDE), (_SPECKLES, _SPECKLE_AMPLITUDE)):
        grid = Image.fromarray(rng.random((rows, columns), dtype=np.float32) * 2 - 1)
        noise = np.asarray(grid.resize((width, height), Image.Resampling.BILINEAR))
        gain += amplitudes[label] * noise
    grain = rng.integers(-2, 3, (height, width, 1), dtype=np.int8)
    return np.clip(photo * gain[..., None] + grain, 0, 255).astype(np.uint8)


def _amplitudes(**shares: float) -> np.ndarray:
    table = np.zeros(256, np.float32)
    for name, share in shares.items():
        table[Kind[name]] = share
    return table


# Random grids of a fixed size, stretched over the picture, so that a street looks the same at every size.
_PATCHES, _SPECKLES = (14, 28), (72, 144)
_PATCH_AMPLITUDE = _amplitudes(ROAD=0.07, SIDEWALK=0.05, TERRAIN=0.1, VEGETATION=0.06, BUILDING=0.03)
_SPECKLE_AMPLITUDE = _amplitudes(ROAD=0.03, SIDEWALK=0.03, TERRAIN=0.1, VEGETATION=0.16)
