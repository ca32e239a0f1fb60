"""Checks a split's files before a training starts, so that a bad one does not end it after hours."""

from __future__ import annotations

from collections.abc import Callable

from tfhd.data.inspection.threads import read_in_threads
from tfhd.readers import FileReader


def check_examples(reader: FileReader, progress: Callable[[int, int], None] | None = None) -> None:
    """Decodes all label maps, and checks kind, size and completeness of all photos and instance maps.

    Args:
        reader: of the split.
        progress: called after each example with the number of those checked and of all.

    Raises:
        InputError: files cannot be paired; or the first error in a file, in the order of the examples.
    """
    count = reader.count
    for done, _ in enumerate(read_in_threads(reader.check, range(count)), start=1):
        if progress is not None:
            progress(done, count)
