"""Writes picture files. Reading them is the client's: `tfhd_client.read_ids` and `tfhd_client.read_photo`."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from tfhd.errors import InputError
from tfhd.files import written

OUTPUT_SUFFIXES = (".png", ".jpg", ".jpeg")


def check_output(path: Path) -> None:
    """Raises `InputError` unless `path` is one that `write_picture` can write to; for use before the work is done."""
    if path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise InputError(f"{path}: cannot write {path.suffix or 'a file without suffix'}; end it in {', '.join(OUTPUT_SUFFIXES)}")
    if not os.path.isdir(path.parent):  # Path.is_dir raises where a folder above may not be entered
        raise InputError(f"{path}: no folder {path.parent}; create it first")


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes uint8 `(height, width, 3)` as PNG or JPEG by suffix, whole or not at all; makes the folder if need be.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot make this folder ({error.strerror}); choose another place") from None
    with written(path, "picture") as partial:
        Image.fromarray(picture).save(partial, quality=95)
