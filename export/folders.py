"""Folders that are whole or not there."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from tfhd.errors import InputError


@contextmanager
def new_folder(target: Path, what: str = "model") -> Iterator[Path]:
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
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
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
