"""Runs the writers by the tools' own Python, and compares what `tfhd.formats` reads with what the tools say."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.formats.test_data_sets import maps, same_parts
from tests.other_programs import FORMAT_TOOLS
from tfhd.formats import Contents
from tfhd.formats.class_names import ids_by_name

_WRITERS = Path(__file__).parent / "writers"
_SECONDS = 120


class Written(NamedTuple):
    """A set that a tool wrote.

    Attributes:
        root: its folder.
        said: what the tool itself says of it, arrays by name.
    """

    root: Path
    said: dict[str, np.ndarray]


def write(tool: str, folder: Path) -> Written:
    """Has a tool write its set below a folder."""
    command = [FORMAT_TOOLS / "bin" / "python", "-W", "ignore", _WRITERS / f"write_{tool}.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "said.npz", allow_pickle=False) as arrays:
        return Written(folder / "set", dict(arrays))


def ids_of(contents: Contents, names: Sequence[str], numbers: np.ndarray) -> np.ndarray:
    """A tool's class numbers, any shape, as ids of our label set, by name."""
    ids = ids_by_name(contents.label_set)
    return np.array([ids[str(name)] for name in names])[numbers]


def assert_reads(contents: Contents, said: dict[str, np.ndarray], index: int = 0) -> None:
    """Asserts that class and object of every pixel are those that the tool says: `names`, `label`, `objects`."""
    label, instance = maps(contents, index)
    np.testing.assert_array_equal(label, ids_of(contents, said["names"], said["label"]))
    assert same_parts(instance, said["objects"])
