"""What lines a street: sky, ground, buildings, parks and trees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from tfhd.streets.canvas import Canvas, Point
from tfhd.streets.looks import Colour, Kind, Look

ROAD_EDGE = 5.2  # metres from the street's axis
BUILDING_LINE = 9.4
STREET_END = 130.0

_STOREY = 3.1
_SMALLEST_BAY, _SMALLEST_FRAME = 3.0, 8.0  # pixels; windows, and their frames, further away would only flicker
_SMALLEST_CLUMP = 2.5  # pixels per metre of crown; smaller trees are drawn without light and shade
_LIT = (240, 190, 108)


def sky_picture(look: Look, rng: np.random.Generator) -> np.ndarray:
    """Gradient and soft clouds: uint8 (48,96,3), to be stretched over the picture, its lower half behind the street."""
    weather = look.weather
    height = np.linspace(0, 1, 48, dtype=np.float32)[:, None, None]
    descent = np.minimum(height / 0.47, 1.0) ** 1.4
    sky = (1 - descent) * np.float32(weather.zenith) + descent * np.float32(weather.horizon)
    grid = Image.fromarray(rng.random((9, 7), dtype=np.float32)).resize((96, 48), Image.Resampling.BICUBIC)
    puff = np.clip((np.asarray(grid)[..., None] - 0.5) * 3.2, 0, 1) * weather.cloudiness
    sky = (1 - puff) * sky + puff * np.float32(weather.cloud)
    return np.clip(sky, 0, 255).astype(np.uint8)


def paint_ground(canvas: Canvas, rng: np.random.Generator, crossing: tuple[float, float] | None) -> None:
    """Terrain, sidewalks and road with its marks.

    Args:
        canvas: painted on.
        rng: source of tar patches.
        crossing: where a side street starts and ends, in metres ahead; None for none.
    """
    look, near, far = canvas.look, 1.0, 900.0
    light = tuple(min(255, c + 26) for c in look.sidewalk)
    mark = tuple((c + 3 * 242) // 4 for c in look.road)
    canvas.ground(-900, 900, near, far, look.terrain, Kind.TERRAIN)
    canvas.ground(-BUILDING_LINE, BUILDING_LINE, near, far, look.sidewalk, Kind.SIDEWALK)
    for side in (-1, 1):
        canvas.ground(side * (BUILDING_LINE - 0.7), side * BUILDING_LINE, near, far, (40, 40, 50), alpha=46)
    canvas.ground(-ROAD_EDGE, ROAD_EDGE, near, far, look.road, Kind.ROAD)
    if crossing:
        canvas.ground(-900, 900, crossing[0] - 2.6, crossing[1] + 2.6, look.sidewalk, Kind.SIDEWALK)
        canvas.ground(-900, 900, *crossing, look.road, Kind.ROAD)
        canvas.ground(-ROAD_EDGE, ROAD_EDGE, crossing[0] - 4, crossing[1] + 4, look.road, Kind.ROAD)
    else:
        for side in (-1, 1):
            canvas.ground(side * ROAD_EDGE, side * (ROAD_EDGE + 0.25), near, far, light)
    for z in np.arange(10.0, 60.0, 12.0) + rng.uniform(-4, 4, 5):  # tar over old trenches
        x = float(rng.uniform(-4, 3))
        canvas.ground(x, x + 1.4, z, z + 5.0, (24, 24, 28), alpha=34)
    for z in range(4, 100, 6):
        canvas.ground(-0.08, 0.08, z, z + 3, mark, alpha=210)
    if crossing:
        for stripe in range(-9, 9):
            canvas.ground(stripe * 0.56, stripe * 0.56 + 0.3, crossing[0] - 3.4, crossing[0] - 0.6, mark, alpha=225)


def paint_building(canvas: Canvas, rng: np.random.Generator, side: int, start: float, end: float, corner: bool) -> None:
    """One house at the building line.

    Args:
        canvas: painted on.
        rng: source of its height and tone.
        side: -1 for the left side of the street, 1 for the right.
        start: metres ahead where it begins.
        end: metres ahead where it ends.
        corner: no house stands before it, so that its front shows.
    """
    facade = canvas.look.facade
    storeys = int(rng.integers(facade.storeys[0], facade.storeys[1] + 1))
    eaves = 3.8 + _STOREY * storeys
    inner, outer = side * BUILDING_LINE, side * (BUILDING_LINE + 12)
    x0, x1 = min(inner, outer), max(inner, outer)
    tone = float(rng.uniform(0.93, 1.05))
    wall = tuple(min(255, round(c * tone)) for c in facade.wall)
    if facade.roof:
        top = (x0 + 1.3, x1 - 1.3, start + 1.3, end - 1.3, eaves + 2.6)
        canvas.box((x0, x1, start, end, eaves), top, facade.roof, Kind.BUILDING)
    canvas.box((x0, x1, start, end, 0), (x0, x1, start, end, eaves), wall, Kind.BUILDING)
    lit = 1.0 - 0.12 * side * canvas.look.sun_side
    _paint_wall(canvas, lambda s, y: (inner, y, start + s), end - start, eaves, lit)
    if corner:
        _paint_wall(canvas, lambda s, y: (inner + side * s, y, start), 12, eaves, 0.92)


def _paint_wall(canvas: Canvas, at: Callable[[float, float], Point], length: float, eaves: float, gain: float) -> None:
    """Cornice, shop band and windows on the wall whose points are `at(metres along, metres up)`."""
    facade, lit = canvas.look.facade, canvas.look.weather.lit_windows
    share_wide, share_tall = facade.window
    bays = max(2, round(length / facade.bay))
    bay, framed = length / bays, share_wide < 0.8

    def panel(start: float, end: float, low: float, high: float, colour: Colour, shines: bool = False) -> None:
        corners = (at(start, low), at(end, low), at(end, high), at(start, high))
        if shines:
            canvas.glow(corners, colour)
        else:
            canvas.paint(corners, colour, gain=gain)

    for low, high, colour in ((eaves - 0.35, eaves, facade.trim), (0, 3.1, facade.shop), (3.1, 3.4, facade.trim)):
        panel(0, length, low, high, colour)
    for number in range(bays):
        s0 = bay * (number + (1 - share_wide) / 2)
        s1 = s0 + bay * share_wide
        pixels = canvas.size_in_pixels(bay, at(s0, 0)[2])
        if pixels < _SMALLEST_BAY:
            break
        panel(s0, s1, 0.5, 2.7, _LIT if lit else facade.glass, lit)
        for storey, low in enumerate(np.arange(3.9, eaves - 2.0, _STOREY).tolist()):
            high = low + _STOREY * share_tall
            if framed and pixels > _SMALLEST_FRAME:
                panel(s0 - 0.12, s1 + 0.12, low - 0.2, high + 0.12, facade.trim)
            # At dusk two windows of three are lit, one of three where they are wide, in a pattern that repeats.
            shines = lit and ((number + 2 * storey) % 3 > 0) == framed
            panel(s0, s1, low, high, _LIT if shines else facade.glass, shines)


def paint_park(canvas: Canvas, rng: np.random.Generator, side: int, start: float, end: float) -> None:
    """A gap between houses: trees on grass, sometimes behind a wall or a fence."""
    middle = (start + end) / 2
    for z in (end - 2.0, middle, start + 2.0):
        x = side * (BUILDING_LINE + float(rng.uniform(2.5, 5.5)))
        paint_tree(canvas, rng, x, z, float(rng.uniform(0.9, 1.25)))
    front = rng.random()
    x = side * (BUILDING_LINE + 0.3)
    if front < 0.3:
        _paint_barrier(canvas, Kind.WALL, x, start, end, 1.15)
    elif front < 0.65:
        _paint_barrier(canvas, Kind.FENCE, x, start, end, 1.3)


def _paint_barrier(canvas: Canvas, kind: Kind, x: float, start: float, end: float, tall: float) -> None:
    colour = canvas.look.wall if kind == Kind.WALL else canvas.look.fence
    dark = tuple(c * 3 // 5 for c in colour)
    canvas.paint([(x, 0, start), (x, 0, end), (x, tall, end), (x, tall, start)], colour, kind)
    if kind == Kind.WALL:
        canvas.paint([(x, tall - 0.2, start), (x, tall - 0.2, end), (x, tall, end), (x, tall, start)], colour, gain=1.2)
        return
    for z in np.arange(start, end, 0.8).tolist():
        if canvas.size_in_pixels(0.4, z) > 0.5:
            canvas.paint([(x, 0, z), (x, 0, z + 0.35), (x, tall, z + 0.35), (x, tall, z)], dark, alpha=90)


def paint_tree(canvas: Canvas, rng: np.random.Generator, x: float, z: float, size: float) -> None:
    """A tree of the picture's species, about 7 metres tall at size 1; darker below, brighter towards the sun."""
    species, sun = canvas.look.species, canvas.look.sun_side
    left, right, top = x - 0.14 * size, x + 0.14 * size, 3 * size
    canvas.paint([(left, 0, z), (right, 0, z), (right, top, z), (left, top, z)], species.trunk, Kind.VEGETATION)
    if species.outline == "cone":
        for tier, (foot, wide) in enumerate(((1.0, 2.3), (2.7, 1.9), (4.3, 1.4), (5.9, 0.9))):
            y, w, peak = foot * size, wide * size, (foot + 2.8) * size
            canvas.paint([(x - w, y, z), (x + w, y, z), (x, peak, z)], species.body, Kind.VEGETATION, 0.86 + 0.07 * tier)
            canvas.paint([(x + sun * w, y, z), (x + sun * w * 0.2, y, z), (x, peak, z)], species.sun, alpha=150)
        return
    wide, tall = (0.6, 1.5) if species.outline == "column" else (1.0, 1.0)
    clumps = [(0.0, 4.4, 1.9), (-1.4, 4.0, 1.35), (1.4, 4.0, 1.35), (-0.9, 5.4, 1.4), (0.9, 5.4, 1.4), (0.0, 6.2, 1.25)]
    jitter = rng.uniform(-0.25, 0.25, (len(clumps), 2)).tolist()
    discs = [
        (x + (dx + jx) * wide * size, (3.0 + (dy + jy - 3.0) * tall) * size, radius * size * (0.8 + 0.2 * wide))
        for (dx, dy, radius), (jx, jy) in zip(clumps, jitter, strict=True)
    ]
    if canvas.size_in_pixels(size, z) < _SMALLEST_CLUMP:
        for cx, cy, radius in discs:
            canvas.disc((cx, cy, z), radius, species.body, Kind.VEGETATION)
        return
    for cx, cy, radius in discs:
        canvas.disc((cx, cy - 0.15 * radius, z), radius, species.shade, Kind.VEGETATION)
    for cx, cy, radius in discs:
        canvas.disc((cx + sun * 0.1 * radius, cy + 0.1 * radius, z), 0.85 * radius, species.body)
    for cx, cy, radius in discs:
        canvas.disc((cx + sun * 0.32 * radius, cy + 0.34 * radius, z), 0.5 * radius, species.sun, alpha=150)


def paint_horizon(canvas: Canvas, rng: np.random.Generator) -> None:
    """A line of far trees that closes the street."""
    for x in np.arange(-90.0, 91.0, 9.0).tolist():
        canvas.disc((x, 1.5, STREET_END + 10), float(rng.uniform(6, 9)), canvas.look.species.body, Kind.VEGETATION)
