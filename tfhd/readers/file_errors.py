"""What is wrong with a file, as a value: for code that reads on and reports everything at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from tfhd.errors import InputError

T = TypeVar("T")

FileErrorKind = Literal["folder", "same name", "unpaired", "unreadable", "size", "values", "colours", "instances"]
"""folder: absent, empty or locked; same name: two files share one; unpaired: no partner; unreadable: broken or of the wrong
kind; size: differs from the photo's; values: outside the label set; colours: its palette contradicts another's;
instances: more than ids."""


@dataclass(frozen=True)
class FileError:
    """One reason why a file cannot be trained on; `message` is one line that names the file and the remedy."""

    kind: FileErrorKind
    path: Path
    message: str


def collect_error(errors: list[FileError], kind: FileErrorKind, path: Path, read: Callable[[], T]) -> T | None:
    """Calls `read`; an `InputError` that it raises is appended to `errors`, and the result is then None."""
    try:
        return read()
    except InputError as error:
        errors.append(FileError(kind, path, str(error)))
        return None
