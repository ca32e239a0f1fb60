"""Folders that are whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from tfhd.errors import InputError


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its name once all is written, so that no reader ever sees half of it.

    Raises:
        InputError: `target` exists, or the disk refused; nothing half-written is left.
    """
    if os.path.exists(target):  # unlike Path's, takes what cannot be entered as not there
        raise InputError(f"{target}: exists already; remove it, or choose another folder")
    partial = target.with_name(f".partial-{target.name}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        partial.rename(target)
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError(f"{target}: cannot write the model ({reason}); free disk space or choose another folder") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
