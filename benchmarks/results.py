"""What was measured, where and by which command; kept as JSON."""

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
    """What one contender did.

    Attributes:
        name: of the contender.
        seconds: of each run, in order.
        peak_bytes: the most main memory that its process had resident.
    """

    name: str
    seconds: list[float]
    peak_bytes: int

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Comparison:
    """The same work by each contender.

    Attributes:
        work: what was done, in a few words.
        task: its sizes and options.
        series: what each contender did; tfhd first.
        largest_difference: between the first outputs of two contenders, relative to the larger of 1 and the value.
        command: what was run.
        date: day of it, ISO 8601.
        machine: where and with what.
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
        """How many times tfhd's median the second contender's is; None where there is no second."""
        return self.series[1].median / self.series[0].median if len(self.series) > 1 else None


def write_results(path: Path, comparisons: list[Comparison]) -> None:
    """Writes indented JSON, with medians and ratios beside the raw times; makes the folder if there is none.

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
    """Reads what `write_results` wrote.

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
    """Adds to the results in a file; of the same work and task, the new one takes the old one's place.

    Raises:
        InputError: the file cannot be read or written, or holds something else.
    """
    results = {(old.work, old.task): old for old in (read_results(path) if path.exists() else [])}
    write_results(path, list((results | {(new.work, new.task): new for new in comparisons}).values()))
