"""Atomic writes: files and folders are written under another name beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tfhd.errors import InputError


@contextmanager
def written(path: str | Path, what: str) -> Iterator[Path]:
    """Opens a block that writes a file; the file takes its name, and replaces an older one, when the block ends.

    Args:
        path: where the file will be.
        what: the file's content in words, for the error message.

    Yields:
        The path to write to, in the same folder and with the same suffix.

    Raises:
        InputError: the file cannot be written; no partial file is left, and an older file stays as it was.
    """
    path = Path(path)
    partial = path.with_name(f".partial-{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot write the {what} ({error.strerror or error}); free disk space or choose another place"
        ) from None
    finally:
        with suppress(OSError):  # usually it has been renamed, or never came to be
            partial.unlink()


def write_text(path: str | Path, text: str, what: str) -> None:
    """Writes a UTF-8 text file atomically; raises `InputError` as `written` does."""
    with written(path, what) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def new_folder(target: Path, what: str) -> Iterator[Path]:
    """Opens a block that fills a new folder; the folder takes its name when the block ends, so no reader sees half of it.

    Args:
        target: where the folder will be; it must not exist.
        what: the folder's content in words, for error messages.

    Yields:
        The folder to write to, beside `target`.

    Raises:
        InputError: `target` exists, or something in it cannot be written; no partial folder is left.
    """
    if os.path.lexists(target):  # unlike Path.exists, it does not raise where a folder above cannot be entered
        raise InputError(f"{target}: exists already; remove it, or choose another folder")
    # A unique name, since two processes may write to one target; not a number, which TensorFlow Serving would load.
    partial = target.with_name(f".partial-{target.name}-{uuid.uuid4().hex}")
    try:
        partial.mkdir(parents=True)
        yield partial
        _publish(partial, target)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputError(f"{target}: cannot write the {what} ({reason}); free disk space or choose another folder") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(partial: Path, target: Path) -> None:
    try:
        if not os.path.lexists(target):  # checked first, since rename replaces an empty folder
            partial.rename(target)
            return
    except OSError:
        if not os.path.lexists(target):
            raise
    raise InputError(f"{target}: another program wrote it meanwhile; remove it, or choose another folder")
