"""Files and folders that are whole or not there: written beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tfhd.errors import InputError

_GLOB_CHARACTERS = frozenset("*?[]\\")


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """A file beside `path` that replaces it at the end of the block.

    Args:
        path: the file.

    Yields:
        The path to write to, with the suffix of `path`.

    Raises:
        OSError: the disk refused; nothing half-written is left, and what was there before stays.
    """
    partial = path.with_name(f".partial-{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with suppress(OSError):  # as a rule it has been renamed; or it could not be made
            partial.unlink()


@contextmanager
def written(path: str | Path, what: str) -> Iterator[Path]:
    """`replaced_file` for a file that the user named.

    Args:
        path: the file.
        what: it holds, for the message.

    Yields:
        The path to write to, with the suffix of `path`.

    Raises:
        InputError: the disk refused; nothing half-written is left, and what was there before stays.
    """
    with _in_one_line(path, what, "place"), replaced_file(Path(path)) as partial:
        yield partial


@contextmanager
def without_glob_characters(folder: str | Path) -> Iterator[Path]:
    """A path of a folder for TensorFlow, which takes paths of models for patterns: the folder's own, or that of a link to it.

    Args:
        folder: exists, and may have `[`, `]`, `*`, `?` or a backslash in its path.

    Yields:
        The path, which is only valid inside the block.

    Raises:
        OSError: no link could be made.
    """
    if not _GLOB_CHARACTERS & set(str(folder)):
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory() as place:
        link = Path(place) / "folder"
        link.symlink_to(os.path.abspath(folder), target_is_directory=True)
        yield link


def write_text(path: str | Path, text: str, what: str) -> None:
    """Writes UTF-8 text, whole or not at all; raises `InputError` as `written` does."""
    with written(path, what) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def new_folder(target: Path, what: str) -> Iterator[Path]:
    """A folder beside `target` that takes its name once all is written, so that no reader ever sees half of it.

    Args:
        target: the folder.
        what: it will hold, for messages.

    Raises:
        InputError: `target` exists, or the disk refused; nothing half-written is left.
    """
    if os.path.lexists(target):  # unlike Path's, takes what cannot be entered as not there
        raise InputError(f"{target}: exists already; remove it, or choose another folder")
    # A name of its own, since two may write to one target at once; it is no number, which TensorFlow Serving would load.
    partial = target.with_name(f".partial-{target.name}-{uuid.uuid4().hex}")
    with _in_one_line(target, what, "folder"):
        try:
            partial.mkdir(parents=True)
            yield partial
            _publish(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def replaced_folder(target: Path, what: str) -> Iterator[Path]:
    """A folder beside `target` that replaces it once all is written; for one writer at a time.

    Args:
        target: the folder, which may exist.
        what: it will hold, for messages.

    Yields:
        The folder to write into.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    partial = target.with_name(f".partial-{target.name}")
    with _in_one_line(target, what, "folder"):
        try:
            shutil.rmtree(partial, ignore_errors=True)  # left by a program that was killed here
            partial.mkdir(parents=True)
            yield partial
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _in_one_line(path: str | Path, what: str, place: str) -> Iterator[None]:
    """Turns what the disk refuses into an `InputError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise InputError(f"{path}: cannot write the {what} ({reason}); free disk space or choose another {place}") from None


def _publish(partial: Path, target: Path) -> None:
    try:
        if not os.path.lexists(target):  # an empty folder would be replaced
            partial.rename(target)
            return
    except OSError:
        if not os.path.lexists(target):
            raise
    raise InputError(f"{target}: another program wrote it meanwhile; remove it, or choose another folder")
