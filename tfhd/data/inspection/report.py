"""What `check-data` reports, as values: what a data set holds, what is wrong with it, and what will train badly."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Literal

from tfhd.readers.file_errors import FileErrorKind


@dataclass(frozen=True)
class SizeCount:
    """How many photos have a size, in pixels."""

    width: int
    height: int
    pictures: int


@dataclass(frozen=True)
class ClassCount:
    """How often a class occurs; an instance is counted for the class that most of its pixels have."""

    name: str
    countable: bool
    pixels: int
    pictures: int
    instances: int


@dataclass(frozen=True)
class OutsideCount:
    """How often a raw value occurs that no class of the label set lists."""

    value: int
    pixels: int
    pictures: int


@dataclass(frozen=True)
class Spread:
    """How a number that each picture has is spread over all pictures."""

    total: int
    least: int
    median: float
    mean: float
    most: int


@dataclass(frozen=True)
class SplitReport:
    """What a split holds.

    `label_maps`, `photos` and `instance_maps` count all files; the rest counts what can be read.

    Attributes:
        pictures: label maps that have a photo.
        instance_source: where instances come from: maps, or connected regions of countable classes.
        instances: instances per picture, those of uncountable classes included; None if no picture could be read.
        objects: instances of countable classes per picture.
    """

    name: str
    label_maps: int
    photos: int
    instance_maps: int
    pictures: int
    sizes: tuple[SizeCount, ...]
    classes: tuple[ClassCount, ...]
    outside: tuple[OutsideCount, ...]
    instance_source: Literal["maps", "regions"]
    instances: Spread | None
    objects: Spread | None


@dataclass(frozen=True)
class DataError:
    """What is wrong with a file or folder; `message` is one line that names it and the remedy."""

    kind: FileErrorKind
    split: str
    path: str
    message: str


@dataclass(frozen=True)
class DataReport:
    """What `inspect_data` found: `errors` would end a training, `warnings` (one line each) would make it worse."""

    root: str
    format: str
    label_set: str
    splits: tuple[SplitReport, ...]
    errors: tuple[DataError, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> str:
        """The whole report as indented JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"
