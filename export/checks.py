"""Whether a converted generator still paints what the Keras network does."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tfhd.config import Config
from tfhd.data.transforms import picture_size
from tfhd.networks import Networks

CHECKS = "checks.json"

_ROWS = 256
"""Pictures of more rows are checked at a half, a quarter and so on of their size: Keras takes a minute for a large one."""
_BOX = 16
"""Pixels along the sides of the boxes of one class that are painted."""

Shape = tuple[int, int, int]
"""Batch, height, width."""
Painter = Callable[[np.ndarray], np.ndarray]
"""float32 `(batch, height, width, channels)` to pictures float32 `(batch, height, width, 3)` in [-1, 1]."""


@dataclass(frozen=True)
class Difference:
    """How far a converted generator was from Keras on one batch; pictures are in [-1, 1].

    Attributes:
        batch: pictures.
        height: rows.
        width: columns.
        largest: largest absolute difference.
        mean: mean absolute difference.
    """

    batch: int
    height: int
    width: int
    largest: float
    mean: float


def free_shapes(config: Config) -> list[Shape]:
    """Two sizes and two batch sizes to check a generator of free sizes at."""
    height, width = picture_size(config)
    least = max(config.size_multiple, 2 * config.generator.size_multiple)
    while height > _ROWS:
        height, width = height // 2, width // 2
    sizes = [[max(least, side // part // least * least) for side in (height, width)] for part in (1, 2)]
    return [(batch, *size) for size in sizes for batch in (1, 2)]


def differences(networks: Networks, painter: Painter, shapes: Sequence[Shape]) -> list[Difference]:
    """Paints boxes of random classes, in random styles, with both."""
    found = []
    for shape in shapes:
        encoded = _encoded(networks, shape)
        apart = np.abs(painter(encoded) - np.asarray(networks.generator(encoded)))
        found.append(Difference(*shape, float(apart.max()), float(apart.mean())))
    return found


def report(found: Sequence[Difference], folder: Path) -> None:
    """Prints the differences as a table and writes them to `folder`/checks.json."""
    rows = [dataclasses.asdict(difference) for difference in found]
    (folder / CHECKS).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    table = Table("pictures", "largest difference from Keras", "mean")
    for each in found:
        table.add_row(f"{each.batch} x {each.width}x{each.height}", f"{each.largest:.2g}", f"{each.mean:.2g}")
    Console().print(table)


def _encoded(networks: Networks, shape: Shape) -> np.ndarray:
    """What the generator reads: encoded labels and style features, float32 `(batch, height, width, channels)`."""
    random = np.random.default_rng(0)
    batch, height, width = shape
    rows, columns = -(-height // _BOX), -(-width // _BOX)

    def in_boxes(values: np.ndarray) -> np.ndarray:
        return values.repeat(_BOX, axis=1).repeat(_BOX, axis=2)[:, :height, :width]

    label = in_boxes(random.integers(0, networks.label_encoding.num_classes, (batch, rows, columns)))
    instance = in_boxes(np.arange(rows * columns).reshape(1, rows, columns).repeat(batch, axis=0))
    channels = networks.encoder.feature_channels if networks.encoder is not None else 0
    features = in_boxes(random.uniform(-1, 1, (batch, rows, columns, channels)))
    encoded = np.asarray(networks.label_encoding(label, instance), np.float32)
    return np.concatenate([encoded, features.astype(np.float32)], axis=-1)
