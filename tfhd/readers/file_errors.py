"""What is wrong with a file, as a value: for readers that go on and tell everything at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from tfhd.errors import InputError

T = TypeVar("T")

FaultKind = Literal["folder", "same name", "unpaired", "unreadable", "size", "values", "instances"]
"""folder: absent, empty or locked; same name: two files of one; unpaired: no partner; unreadable: broken or of the wrong kind;
size: differs from the photo's; values: outside the label set; instances: more regions than ids."""


@dataclass(frozen=True)
class Fault:
    """One thing that keeps a file from being trained on; `message` is one line that names the file and the remedy."""

    kind: FaultKind
    path: Path
    message: str


def attempt(faults: list[Fault], kind: FaultKind, path: Path, read: Callable[[], T]) -> T | None:
    """Calls `read`; an `InputError` that it raises is appended to `faults`, and the result is then None."""
    try:
        return read()
    except InputError as error:
        faults.append(Fault(kind, path, str(error)))
        return None
