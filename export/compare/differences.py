"""Whether a converted generator still paints what the Keras network does."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import keras
import numpy as np

# Validates checks.json: types, and keys that are missing or unknown.
from pydantic import Field, PositiveInt, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from tfhd.config import Config
from tfhd.data.pipeline.transforms import picture_size
from tfhd.errors import InputError
from tfhd.label_sets import MAX_ID
from tfhd.networks import Networks

from ..converters.map_tables import INSTANCE, LABEL, STYLE, MapTables

CHECKS = "checks.json"

_ROWS = 256
"""Pictures of more rows are checked at a half, a quarter and so on of their size: Keras takes a minute for a large one."""
_BOX = 16
"""Pixels along the sides of the boxes of one class that are painted."""

Shape = tuple[int, int, int]
"""Batch, height, width."""
Arrays = dict[str, np.ndarray]
"""What a converted model reads, by name: `encoded` float32 `(batch, height, width, channels)`, or int32 maps."""


class Painter(NamedTuple):
    """A converted model, as its runtime runs it.

    Attributes:
        inputs: names of what it reads.
        paint: gives pictures float32 `(batch, height, width, 3)` in [-1, 1].
    """

    inputs: tuple[str, ...]
    paint: Callable[[Arrays], np.ndarray]


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

    batch: PositiveInt
    height: PositiveInt
    width: PositiveInt
    largest: float
    mean: float


@dataclass(frozen=True)
class Checks:
    """What checks.json holds.

    Attributes:
        weights: what was converted, see `tfhd.runs.TrainedRun.weights_name`.
        digest: of the generator's weights, since runs name theirs alike.
        settings: flags of the conversion that decide what the model computes.
        differences: how far it was from Keras when it was last compared.
    """

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012 - pydantic's way for dataclasses

    weights: str
    digest: str
    settings: dict[str, str]
    differences: Annotated[list[Difference], Field(min_length=1)]

    @classmethod
    def load(cls, path: Path) -> Checks:
        """Reads what `report` wrote; raises `InputError` where it cannot be read or is something else."""
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except OSError as error:
            reason = str(error.strerror)
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc'])) or 'all of it'}: {first['msg']}"
        raise InputError(f"{path}: cannot read what was converted and compared ({reason}); convert the generator anew")


def digest(generator: keras.Model) -> str:
    """Tells a generator's weights from all others."""
    found = hashlib.blake2b(digest_size=8)
    for variable in generator.variables:
        found.update(np.ascontiguousarray(variable))
    return found.hexdigest()


def free_shapes(config: Config) -> list[Shape]:
    """Two sizes and two batch sizes to check a generator of free sizes at."""
    height, width = picture_size(config)
    least = config.smallest_size
    while height > _ROWS:
        height, width = height // 2, width // 2
    sizes = [[max(least, side // part // least * least) for side in (height, width)] for part in (1, 2)]
    return [(batch, *size) for size in sizes for batch in (1, 2)]


def differences(
    networks: Networks, painter: Painter, shapes: Sequence[Shape], tables: MapTables | None = None
) -> list[Difference]:
    """Paints boxes of random classes, in random styles, with both.

    Args:
        networks: of the run that the model was converted from.
        painter: the model.
        shapes: of the batches.
        tables: what the model holds to read maps; None where it reads what the generator does.
    """
    found = []
    for shape in shapes:
        given, encoded = _samples(networks, tables, shape)
        apart = np.abs(painter.paint(given) - np.asarray(networks.generator(encoded)))
        found.append(Difference(*shape, float(apart.max()), float(apart.mean())))
    return found


def report(checks: Checks, folder: Path) -> None:
    """Prints the differences as a table and writes `folder`/checks.json; raises `InputError` where it cannot be written."""
    try:
        (folder / CHECKS).write_text(json.dumps(dataclasses.asdict(checks), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{folder / CHECKS}: cannot be written ({error.strerror}); free disk space or make the folder writable"
        ) from None
    table = Table("pictures", "largest difference from Keras", "mean")
    for each in checks.differences:
        table.add_row(f"{each.batch} x {each.width}x{each.height}", f"{each.largest:.2g}", f"{each.mean:.2g}")
    Console().print(table)


def _samples(networks: Networks, tables: MapTables | None, shape: Shape) -> tuple[Arrays, np.ndarray]:
    """What a converted model reads, and what Keras' generator does, float32 `(batch, height, width, channels)`."""
    random = np.random.default_rng(0)
    batch, height, width = shape
    rows, columns = -(-height // _BOX), -(-width // _BOX)

    def in_boxes(values: np.ndarray) -> np.ndarray:
        return values.repeat(_BOX, axis=1).repeat(_BOX, axis=2)[:, :height, :width]

    # The highest ids: a number with fewer digits than float32 has would take neighbours for one.
    ids = MAX_ID - np.arange(rows * columns, dtype=np.int32)
    instance = in_boxes(ids.reshape(1, rows, columns).repeat(batch, axis=0))
    if tables is None:
        label = in_boxes(random.integers(0, networks.label_encoding.num_classes, (batch, rows, columns)))
        channels = networks.encoder.feature_channels if networks.encoder is not None else 0
        features = in_boxes(random.uniform(-1, 1, (batch, rows, columns, channels)).astype(np.float32))
        encoded = np.concatenate([networks.label_encoding(label, instance), features], axis=-1, dtype=np.float32)
        return {"encoded": encoded}, encoded
    label = in_boxes(random.choice(tables.known_ids, (batch, rows, columns)))
    style = in_boxes(random.integers(0, tables.num_styles, (batch, rows, columns)))
    classes = tables.classes(label)
    parts = [networks.label_encoding(classes, instance), tables.features(classes, style)]
    given = {LABEL: label, INSTANCE: instance, STYLE: style}
    return {name: given[name].astype(np.int32) for name in tables.inputs}, np.concatenate(parts, axis=-1, dtype=np.float32)
