"""The machine that a measurement ran on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass
from pathlib import Path

_PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "torch")


@dataclass(frozen=True)
class Machine:
    """Hardware and software of a measurement.

    Attributes:
        processor: model of the processor.
        cores: number of cores that this process may use.
        memory_bytes: size of main memory.
        system: operating system and its release.
        python: version of Python.
        packages: versions of the installed packages that matter here, by name.
    """

    processor: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]

    @property
    def description(self) -> str:
        """Everything in one line."""
        packages = ", ".join(f"{name} {version}" for name, version in self.packages.items())
        memory = f"{self.memory_bytes / 2**30:.0f} GiB"
        return f"{self.processor}, {self.cores} cores, {memory}; {self.system}; Python {self.python}, {packages}"


def this_machine() -> Machine:
    """Describes the machine that this process runs on."""
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
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()  # on Linux, `platform` does not know the model
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
