"""Styles of the rendered streets: what makes two cars, two skies or two facades of one class look different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import numpy as np

Colour = tuple[int, int, int]
_Style = TypeVar("_Style")


class Kind(IntEnum):
    """Cityscapes label ids that the streets use."""

    EGO = 1
    STATIC = 4
    GROUND = 6
    ROAD = 7
    SIDEWALK = 8
    BUILDING = 11
    WALL = 12
    FENCE = 13
    POLE = 17
    TRAFFIC_LIGHT = 19
    TRAFFIC_SIGN = 20
    VEGETATION = 21
    TERRAIN = 22
    SKY = 23
    PERSON = 24
    RIDER = 25
    CAR = 26
    TRUCK = 27
    BUS = 28
    TRAIN = 31
    MOTORCYCLE = 32
    BICYCLE = 33


@dataclass(frozen=True)
class Weather:
    """Sky and light: `light` multiplies every colour on the ground."""

    zenith: Colour
    horizon: Colour
    cloud: Colour
    cloudiness: float
    light: tuple[float, float, float]
    lit_windows: bool = False


@dataclass(frozen=True)
class Facade:
    """A building style; sizes in metres, window sizes as shares of a bay and of a storey."""

    wall: Colour
    trim: Colour
    glass: Colour
    shop: Colour
    roof: Colour | None
    bay: float
    window: tuple[float, float]
    storeys: tuple[int, int]


@dataclass(frozen=True)
class Species:
    """A tree style: crown in shade, body and sun, and its outline."""

    shade: Colour
    body: Colour
    sun: Colour
    trunk: Colour
    outline: str  # round, cone or column


WEATHERS = (
    Weather((72, 138, 218), (190, 220, 242), (250, 251, 253), 0.75, (1.05, 1.02, 0.97)),
    Weather((158, 166, 176), (206, 209, 212), (226, 228, 230), 0.6, (0.92, 0.94, 0.97)),
    Weather((116, 112, 168), (255, 184, 112), (255, 206, 170), 0.5, (1.06, 0.92, 0.80)),
    Weather((104, 190, 206), (226, 240, 222), (250, 250, 240), 0.5, (1.03, 1.03, 0.96)),
    Weather((38, 46, 96), (150, 112, 150), (92, 84, 138), 0.5, (0.68, 0.66, 0.84), lit_windows=True),
)
FACADES = (
    Facade((164, 82, 64), (226, 210, 188), (74, 70, 78), (112, 54, 46), (92, 70, 72), 3.2, (0.46, 0.52), (2, 4)),
    Facade((236, 214, 166), (252, 242, 218), (124, 122, 118), (206, 172, 122), (188, 96, 66), 3.4, (0.42, 0.56), (2, 3)),
    Facade((148, 150, 152), (176, 178, 178), (82, 92, 102), (112, 114, 118), None, 4.0, (1.0, 0.44), (3, 5)),
    Facade((88, 130, 166), (58, 88, 118), (118, 168, 202), (52, 78, 104), None, 2.6, (0.86, 0.84), (4, 7)),
    Facade((120, 168, 156), (240, 240, 230), (76, 96, 100), (86, 126, 118), (84, 88, 98), 3.4, (0.44, 0.54), (2, 4)),
    Facade((222, 152, 150), (248, 234, 228), (112, 92, 104), (170, 104, 108), (110, 84, 92), 3.2, (0.44, 0.54), (2, 4)),
)
SPECIES = (
    Species((30, 66, 40), (44, 92, 52), (70, 122, 66), (70, 54, 42), "cone"),
    Species((74, 122, 40), (112, 164, 58), (156, 198, 84), (92, 74, 56), "round"),
    Species((162, 84, 26), (212, 124, 38), (240, 168, 64), (84, 62, 48), "round"),
    Species((196, 124, 152), (236, 168, 190), (250, 206, 218), (88, 66, 60), "round"),
    Species((40, 92, 62), (58, 122, 80), (92, 156, 104), (88, 70, 54), "column"),
    Species((112, 34, 40), (156, 50, 52), (194, 84, 70), (72, 52, 46), "round"),
)
ROADS: tuple[Colour, ...] = ((62, 64, 70), (104, 104, 108), (150, 146, 140), (122, 98, 84))
SIDEWALKS: tuple[Colour, ...] = ((186, 184, 180), (176, 112, 92), (208, 186, 146), (116, 120, 130))
TERRAINS: tuple[Colour, ...] = ((104, 150, 62), (64, 108, 56), (190, 168, 98), (228, 232, 236), (132, 98, 68))
WALLS: tuple[Colour, ...] = ((196, 180, 150), (150, 84, 66), (128, 130, 132), (232, 228, 220))
FENCES: tuple[Colour, ...] = ((240, 240, 236), (50, 54, 58), (142, 96, 58), (70, 116, 92))
POLES: tuple[Colour, ...] = ((70, 74, 78), (150, 154, 158), (46, 84, 72), (128, 100, 78))
SIGNS: tuple[tuple[Colour, Colour], ...] = (
    ((36, 92, 186), (240, 244, 250)),
    ((206, 40, 44), (250, 246, 244)),
    ((246, 198, 44), (60, 54, 40)),
    ((30, 130, 84), (240, 248, 242)),
)
LAMPS: tuple[Colour, ...] = ((244, 62, 52), (250, 190, 60), (74, 226, 130))
HOODS: tuple[Colour, ...] = ((46, 48, 54), (192, 196, 202), (152, 40, 42), (44, 84, 150))
PAINTS: tuple[Colour, ...] = (
    (204, 44, 46),
    (236, 238, 238),
    (40, 42, 50),
    (50, 100, 190),
    (244, 190, 52),
    (160, 166, 172),
    (62, 138, 96),
    (238, 122, 56),
)
LIVERIES: tuple[Colour, ...] = ((222, 60, 54), (246, 204, 70), (62, 132, 200), (240, 240, 236), (70, 152, 112))
# Coat and trousers go together, so that the mean colour identifies the outfit.
OUTFITS: tuple[tuple[Colour, Colour], ...] = (
    ((204, 58, 60), (72, 62, 92)),
    ((240, 196, 70), (92, 96, 116)),
    ((60, 112, 190), (44, 52, 82)),
    ((236, 232, 224), (150, 134, 116)),
    ((60, 142, 110), (54, 66, 60)),
    ((52, 52, 60), (40, 40, 48)),
    ((226, 128, 168), (112, 116, 160)),
)
SKINS: tuple[Colour, ...] = ((240, 200, 170), (206, 158, 124), (140, 96, 70))


def pick(rng: np.random.Generator, styles: Sequence[_Style]) -> _Style:
    """One of the styles, each as likely as the others."""
    return styles[int(rng.integers(len(styles)))]


@dataclass(frozen=True)
class Look:
    """The styles of one picture's uncountable classes, which share one id per class, and hence one style per picture."""

    weather: Weather
    facade: Facade
    species: Species
    road: Colour
    sidewalk: Colour
    terrain: Colour
    wall: Colour
    fence: Colour
    pole: Colour
    sign: tuple[Colour, Colour]
    lamp: Colour
    hood: Colour
    sun_side: int  # -1: the sun stands to the left, 1: to the right

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Look:
        """A random look."""
        colours = (ROADS, SIDEWALKS, TERRAINS, WALLS, FENCES, POLES, SIGNS, LAMPS, HOODS)
        # In the order of the fields, in which the generator's numbers are drawn.
        return cls(*(pick(rng, choices) for choices in (WEATHERS, FACADES, SPECIES, *colours, (-1, 1))))
