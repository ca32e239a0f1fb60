"""The picture that every tool annotates; imported by the writers, which the tools' own Python runs."""

import sys
from pathlib import Path

import numpy as np

HEIGHT, WIDTH = 48, 64
ROAD = [(0, 30), (40, 26), (63, 29), (63, 47), (0, 47)]
CAR = [(5, 20), (20, 17), (25, 30), (14, 36), (4, 31)]
OTHER_CAR = [(20, 22), (38, 20), (41, 33), (19, 35)]
"""Lies over the right of the other car."""
POLYGONS = [("road", ROAD), ("car", CAR), ("car", OTHER_CAR)]
COLORS = {"car": (0, 0, 142), "person": (220, 20, 60), "road": (128, 64, 128)}


def person() -> np.ndarray:
    """A mask with a hole, a part of its own and edges that no polygon gives: bool (H, W)."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[8:38, 44:54] = True
    mask[12:15, 47:50] = False
    mask[40, 44:56:2] = True
    mask[8:12, 44] = False
    return mask


def photo() -> np.ndarray:
    """uint8 (H, W, 3)."""
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def flat(points: list) -> list:
    """x, y, x, y and so on."""
    return [float(value) for point in points for value in point]


def out_folder() -> Path:
    """The folder that a writer was started for: its set is written to `set` below, and what the tool says of it beside that."""
    folder = Path(sys.argv[1])
    (folder / "set").mkdir()
    return folder


def say(folder: Path, **arrays: np.ndarray) -> None:
    """Writes what the tool itself says of its set."""
    np.savez_compressed(folder / "said.npz", **arrays)
