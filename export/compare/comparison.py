"""The record of a comparison: checks.json beside a converted generator."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import keras
import numpy as np

# Validates checks.json: types, and keys that are missing or unknown.
from pydantic import Field, PositiveInt, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from tfhd.errors import InputError
from tfhd.files import write_text

CHECKS_FILE = "checks.json"


@dataclass(frozen=True)
class Difference:
    """How far a converted generator was from Keras on one batch; images are in [-1, 1].

    Attributes:
        batch: images in the batch.
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
class Comparison:
    """What was converted, and how far it was from Keras when it was last compared.

    Attributes:
        weights: the converted weights, see `tfhd.runs.TrainedRun.weights_name`.
        digest: see `weights_digest`; weights of different runs have the same names.
        settings: flags of the conversion that decide what the model computes.
        differences: one for each batch that was compared.
    """

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012 - pydantic's way for dataclasses

    weights: str
    digest: str
    settings: dict[str, str]
    differences: Annotated[list[Difference], Field(min_length=1)]

    @classmethod
    def load(cls, folder: Path) -> Comparison:
        """Reads what `write` wrote; raises `InputError` if the file is missing, damaged or something else."""
        path = folder / CHECKS_FILE
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except OSError as error:
            reason = str(error.strerror)
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc'])) or 'all of it'}: {first['msg']}"
        raise InputError(f"{path}: cannot read what was converted and compared ({reason}); convert the generator anew")

    def write(self, folder: Path) -> Path:
        """Writes `folder`/checks.json and returns its path; raises `InputError` if it cannot be written."""
        path = folder / CHECKS_FILE
        write_text(path, json.dumps(dataclasses.asdict(self), indent=2) + "\n", "comparison")
        return path

    def print_table(self) -> None:
        """Prints the differences as a table."""
        table = Table("images", "largest difference from Keras", "mean")
        for each in self.differences:
            table.add_row(f"{each.batch} x {each.width}x{each.height}", f"{each.largest:.2g}", f"{each.mean:.2g}")
        Console().print(table)


def weights_digest(generator: keras.Model) -> str:
    """A hash of all weights of a generator, by which it is recognized."""
    found = hashlib.blake2b(digest_size=8)
    for variable in generator.variables:
        found.update(np.ascontiguousarray(variable))
    return found.hexdigest()
