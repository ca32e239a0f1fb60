"""What was measured, where and by which command; kept as JSON."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import json
import os
import platform
import shlex
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Reads results back with their types checked.
from pydantic import TypeAdapter, ValidationError

from tfhd.errors import InputError

_PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "torch")


@dataclass(frozen=True)
class Series:
    """What one contender did.

    Attributes:
        name: of the contender.
        seconds: of each run, in order.
        peak_bytes: the most memory that its process had resident.
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
        settings: sizes and options, by name.
        series: what each contender did; tfhd first.
        pictures: pictures that one run deals with.
        largest_difference: between the first outputs of both; None where there was one contender.
    """

    work: str
    settings: dict[str, str | int | bool]
    series: list[Series]
    pictures: int = 1
    largest_difference: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times tfhd's median the second contender's is; None where there is no second."""
        return self.series[1].median / self.series[0].median if len(self.series) > 1 else None


@dataclass(frozen=True)
class Machine:
    """Where and with what it was measured."""

    processor: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Report:
    """The comparisons of one command."""

    command: str
    date: str
    machine: Machine
    comparisons: list[Comparison] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Writes indented JSON, with medians and ratios beside the raw times; makes the folder if there is none.

        Raises:
            InputError: the file cannot be written.
        """
        report = dataclasses.asdict(self)
        for comparison, values in zip(self.comparisons, report["comparisons"], strict=True):
            values["ratio"] = comparison.ratio
            for series, its_values in zip(comparison.series, values["series"], strict=True):
                its_values["median"] = series.median
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); name another file with --out") from None

    @classmethod
    def read(cls, path: Path) -> Report:
        """Reads what `write` wrote.

        Raises:
            InputError: the file cannot be read or is no such report.
        """
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); name a file that `python -m benchmarks` wrote") from None
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the document"
            raise InputError(f"{path}: {where}: {error.errors()[0]['msg']}; name a file that `python -m benchmarks` wrote") from None


def new_report(comparisons: list[Comparison]) -> Report:
    """A report of this process's command on this machine, now."""
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    return Report(command, datetime.date.today().isoformat(), this_machine(), comparisons)


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=platform.platform(),
        python=platform.python_version(),
        packages={name: version for name in _PACKAGES if (version := _version(name))},
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """The processor's model; Linux tells it in this file alone."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
