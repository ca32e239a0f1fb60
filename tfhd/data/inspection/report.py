"""Reads a whole data set before any training and reports what is in it, all that is wrong, and what will go badly."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from tfhd.config import DataConfig
from tfhd.data.inspection.example import inspect_example
from tfhd.data.inspection.statistics import Tally
from tfhd.data.inspection.validation import read_in_threads
from tfhd.data.inspection.warnings import advise
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet, load_label_set
from tfhd.readers.file_errors import Fault, FaultKind
from tfhd.readers.pairing import Pairing, pair_examples


@dataclass(frozen=True)
class SizeCount:
    """How many photos have a size in pixels."""

    width: int
    height: int
    pictures: int


@dataclass(frozen=True)
class ClassCount:
    """How much there is of a class; an instance is counted for the class that most of its pixels have."""

    name: str
    countable: bool
    pixels: int
    pictures: int
    instances: int


@dataclass(frozen=True)
class OutsideCount:
    """How often a raw value occurs that no class of the label set has."""

    value: int
    pixels: int
    pictures: int


@dataclass(frozen=True)
class Spread:
    """A number of each picture, over all pictures."""

    total: int
    least: int
    median: float
    mean: float
    most: int


@dataclass(frozen=True)
class SplitReport:
    """What a split holds; files at fault are in `label_maps`, `photos` and `instance_maps`, and elsewhere as far as readable.

    Attributes:
        pictures: label maps that have a photo.
        instance_source: where instances come from: maps, or connected regions of countable classes.
        instances: instances a picture, those of uncountable classes included; None if no picture could be read.
        objects: instances a picture of countable classes alone.
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
    """A fault of a file or folder; `message` is one line that names it and the remedy."""

    kind: FaultKind
    split: str
    path: str
    message: str


@dataclass(frozen=True)
class DataReport:
    """What `inspect_data` found: `errors` end a training, `warnings` (a line each) make it worse."""

    root: str
    format: str
    label_set: str
    splits: tuple[SplitReport, ...]
    errors: tuple[DataError, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> str:
        """The whole report as indented JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def inspect_data(config: DataConfig, splits: Sequence[str], progress: Callable[[int, int], None] | None = None) -> DataReport:
    """Reads all files of some splits; what is wrong with them is in the report and raises nothing.

    Args:
        config: its `format`, `root` and `label_set` say what to read.
        splits: names of splits, for instance train and val.
        progress: called after each picture with the number of those read and of all.

    Raises:
        InputError: the label set cannot be loaded.
    """
    label_set = load_label_set(config.label_set)
    errors: list[DataError] = []
    pairings = {split: _pair_split(config, split, errors) for split in splits}
    total, done = sum(len(pairing.examples) for pairing in pairings.values()), 0
    tallies = {split: Tally(label_set) for split in splits}
    for split, pairing in pairings.items():
        for inspection in read_in_threads(partial(inspect_example, label_set=label_set), pairing.examples):
            tallies[split].add(inspection)
            errors += _errors(inspection.faults, split)
            done += 1
            if progress is not None:
                progress(done, total)
    return DataReport(
        root=config.root,
        format=config.format,
        label_set=label_set.name,
        splits=tuple(_split_report(split, pairings[split], tallies[split], label_set) for split in splits),
        errors=tuple(errors),
        warnings=tuple(advise(config, label_set, tallies)),
    )


def _pair_split(config: DataConfig, split: str, errors: list[DataError]) -> Pairing:
    try:
        pairing = pair_examples(config, split)
    except InputError as error:
        errors.append(DataError("folder", split, config.root, str(error)))
        return Pairing([], [], (0, 0, 0))
    errors += _errors(pairing.faults, split)
    return pairing


def _errors(faults: Sequence[Fault], split: str) -> list[DataError]:
    return [DataError(fault.kind, split, str(fault.path), fault.message) for fault in faults]


def _split_report(split: str, pairing: Pairing, tally: Tally, label_set: LabelSet) -> SplitReport:
    label_maps, photos, instance_maps = pairing.counts
    return SplitReport(
        name=split,
        label_maps=label_maps,
        photos=photos,
        instance_maps=instance_maps,
        pictures=len(pairing.examples),
        sizes=tuple(SizeCount(width, height, count) for (height, width), count in tally.sizes.most_common()),
        classes=tuple(
            ClassCount(item.name, item.countable, *counts)
            for item, *counts in zip(
                label_set.classes, *(a.tolist() for a in (tally.pixels, tally.pictures, tally.instances)), strict=True
            )
        ),
        outside=tuple(
            OutsideCount(value, pixels, tally.outside_pictures[value]) for value, pixels in tally.outside_pixels.most_common()
        ),
        instance_source="maps" if instance_maps else "regions",
        instances=_spread(tally.instances_a_picture),
        objects=_spread(tally.objects_a_picture),
    )


def _spread(numbers: Sequence[int]) -> Spread | None:
    if not numbers:
        return None
    return Spread(sum(numbers), min(numbers), float(np.median(numbers)), sum(numbers) / len(numbers), max(numbers))
