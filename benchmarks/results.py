"""Results of comparisons, with machine and command, and their JSON file."""

from __future__ import annotations

import dataclasses
import json
import statistics
from dataclasses import dataclass
from pathlib import Path

# Reads results back with their types checked.
from pydantic import TypeAdapter, ValidationError

from benchmarks.machine import Machine
from benchmarks.task import Task
from tfhd.errors import InputError


@dataclass(frozen=True)
class Series:
    """Measurements of one contender.

    Attributes:
        name: name of the contender.
        seconds: mean seconds of a run for each turn, in order.
        peak_bytes: peak resident memory of its process.
    """

    name: str
    seconds: list[float]
    peak_bytes: int

    @property
    def median(self) -> float:
        """Median seconds of a run."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Comparison:
    """The same work done by each contender.

    Attributes:
        work: a name for the work, in a few words.
        task: sizes and options of the work.
        series: measurements of each contender, tfhd first.
        largest_difference: largest difference of the first outputs of two contenders, relative to the larger of 1 and the value.
        command: command line of the measurement.
        date: day of the measurement, ISO 8601.
        machine: machine of the measurement.
    """

    work: str
    task: Task
    series: list[Series]
    largest_difference: float | None
    command: str
    date: str
    machine: Machine

    @property
    def ratio(self) -> float | None:
        """The second contender's median divided by tfhd's; None if there is no second contender."""
        return self.series[1].median / self.series[0].median if len(self.series) > 1 else None


def write_results(path: Path, comparisons: list[Comparison]) -> None:
    """Writes indented JSON with medians and ratios beside the raw times; creates the folder if necessary.

    Raises:
        InputError: the file cannot be written.
    """
    listed = []
    for comparison in comparisons:
        series = [dataclasses.asdict(each) | {"median": each.median} for each in comparison.series]
        listed.append(dataclasses.asdict(comparison) | {"series": series, "ratio": comparison.ratio})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name another file") from None


def read_results(path: Path) -> list[Comparison]:
    """Reads a file that `write_results` wrote.

    Raises:
        InputError: the file cannot be read or holds something else.
    """
    try:
        return TypeAdapter(list[Comparison]).validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file that `python -m benchmarks` wrote") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the document"
        what = error.errors()[0]["msg"]
        raise InputError(f"{path}: {where}: {what}; name a file that `python -m benchmarks` wrote, or remove this one") from None


def add_results(path: Path, comparisons: list[Comparison]) -> None:
    """Adds results to a file; a new result replaces one of the same work and task.

    Raises:
        InputError: the file cannot be read or written, or holds something else.
    """
    results = {(old.work, old.task): old for old in (read_results(path) if path.exists() else [])}
    write_results(path, list((results | {(new.work, new.task): new for new in comparisons}).values()))
