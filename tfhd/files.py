"""Files and folders that are whole or not there: written beside their place, then renamed."""

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
    """A file beside `path` that replaces it at the end of the block.

    Args:
        path: the file.
        what: it holds, for the message.

    Yields:
        The path to write to, with the suffix of `path`.

    Raises:
        InputError: the disk refused; nothing half-written is left, and what was there before stays.
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
        with suppress(OSError):  # it is not there, as a rule, or cannot be
            partial.unlink()


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
        if not os.path.lexists(target):  # an empty folder would be replaced
            partial.rename(target)
            return
    except OSError:
        if not os.path.lexists(target):
            raise
    raise InputError(f"{target}: another program wrote it meanwhile; remove it, or choose another folder")
