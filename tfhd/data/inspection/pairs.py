"""What pairs of pictures hold, and everything that is wrong with their files."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from tfhd.config import Config, DataConfig, PixelType
from tfhd.data.inspection.report import DataError, SizeCount
from tfhd.data.inspection.split_files import of_split, pair_split
from tfhd.data.inspection.threads import read_in_threads
from tfhd.data.pipeline.transforms import trained_size
from tfhd.errors import InputError
from tfhd.pictures import list_paths
from tfhd.readers import Example
from tfhd.readers.file_errors import FileError, collect_error
from tfhd.readers.pictures_reader import read_pair

_HARDLY_USED = 0.25
"""Share of a range that numbers must exceed: 12 bits take a sixteenth of 16, 14 bits a quarter."""


class Range(NamedTuple):
    """The lowest and the highest number."""

    least: int
    most: int


@dataclass(frozen=True)
class PairSplitReport:
    """What a split holds.

    Attributes:
        name: of the split.
        inputs: files of {split}_A.
        outputs: files of {split}_B.
        instance_maps: files of {split}_inst, if they are read.
        pictures: inputs that have an output.
        sizes: of those that could be read, the most frequent first.
        input_range: of all inputs; None where none could be read.
        output_range: of all outputs.
    """

    name: str
    inputs: int
    outputs: int
    instance_maps: int
    pictures: int
    sizes: tuple[SizeCount, ...]
    input_range: Range | None
    output_range: Range | None


@dataclass(frozen=True)
class PairReport:
    """What `inspect_pairs` found: `errors` would end a training, `warnings` (one line each) would make it worse."""

    root: str
    input_pixels: PixelType
    output_pixels: PixelType
    splits: tuple[PairSplitReport, ...]
    errors: tuple[DataError, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> str:
        """The whole report as indented JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


class _InspectedPair(NamedTuple):
    """What a pair holds: height and width, and the numbers of input and output; None where it could not be read."""

    example: Example
    size: tuple[int, int] | None
    given: Range | None
    made: Range | None
    errors: tuple[FileError, ...]


class _Statistics:
    """Sizes and numbers of all pairs of a split, and those of one colour."""

    def __init__(self) -> None:
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.ranges: dict[str, Range] = {}
        self.plain: list = []

    def add(self, pair: _InspectedPair) -> None:
        if pair.size is not None:
            self.sizes[pair.size] += 1
        for kind, found, path in (("input", pair.given, pair.example.label), ("output", pair.made, pair.example.image)):
            if found is not None:
                known = self.ranges.get(kind, found)
                self.ranges[kind] = Range(min(known.least, found.least), max(known.most, found.most))
                self.plain += [path] * (found.least == found.most)

    def warnings(self, split: str, data: DataConfig) -> Iterator[str]:
        for kind, pixels in (("input", data.input_pixels), ("output", data.output_pixels)):
            found = self.ranges.get(kind)
            if found is not None and found.most - found.least < _HARDLY_USED * (pixels.highest - pixels.low):
                yield (
                    f"{split}: the {kind} pictures hold numbers {found.least}..{found.most} of {pixels.low}..{pixels.highest}: "
                    f"the networks see little of that range; set data.{kind}_pixels.low and high to what all files hold"
                )
        if self.plain:
            yield f"{split}: {len(self.plain)} pictures hold a single number throughout: {list_paths(self.plain)}; leave them out"


def inspect_pairs(data: DataConfig, splits: Sequence[str], progress: Callable[[int, int], None] | None = None) -> PairReport:
    """Reads all files of some splits; what is wrong with them is reported, not raised.

    Args:
        data: says what the pictures are, and where.
        splits: names of splits.
        progress: called after each pair with the number of those read and of all.
    """
    errors: list[DataError] = []
    warnings = [] if data.has_split("val") else [f"{data.root}: has no split val; hold some pictures out"]
    pairings = {split: pair_split(data, split, errors) for split in splits}
    total, done, reports = sum(len(pairing.examples) for pairing in pairings.values()), 0, []
    for split, pairing in pairings.items():
        found = _Statistics()
        for pair in _inspected(data, pairing.examples):
            found.add(pair)
            errors += of_split(split, pair.errors)
            done += 1
            if progress is not None:
                progress(done, total)
        warnings += found.warnings(split, data)
        sizes = tuple(SizeCount(width, height, count) for (height, width), count in found.sizes.most_common())
        ranges = (found.ranges.get(kind) for kind in ("input", "output"))
        reports.append(PairSplitReport(split, *pairing.counts, len(pairing.examples), sizes, *ranges))
    return PairReport(data.root, data.input_pixels, data.output_pixels, tuple(reports), tuple(errors), tuple(warnings))


def check_pairs(config: Config, splits: Sequence[str], progress: Callable[[str, int, int], None] | None = None) -> list[str]:
    """`check_examples` for pairs of pictures: the same arguments, result and errors."""
    warnings = []
    for split in splits:
        reader, sizes, found = config.data.open_files(split), set(), _Statistics()
        for done, pair in enumerate(_inspected(config.data, reader.examples), start=1):
            if pair.errors:
                raise InputError(pair.errors[0].message)
            if pair.size not in sizes:
                for stage in config.stages:
                    trained_size(config.at(stage), pair.size, str(pair.example.label))
                sizes.add(pair.size)
            found.add(pair)
            if progress is not None:
                progress(split, done, reader.count)
        warnings += found.warnings(split, config.data)
    return warnings


def _inspected(data: DataConfig, examples: Sequence[Example]) -> Iterator[_InspectedPair]:
    source = data.source

    def inspect(example: Example) -> _InspectedPair:
        errors: list[FileError] = []
        given, made, _ = read_pair(example, source, partial(collect_error, errors))
        size = None if made is None else made.shape[:2]
        return _InspectedPair(example, size, *map(_range, (given, made)), tuple(errors))

    return read_in_threads(inspect, examples)


def _range(picture: np.ndarray | None) -> Range | None:
    return None if picture is None else Range(int(picture.min()), int(picture.max()))
