"""Reads a split's files before a training does, so that a bad one does not end it after hours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tfhd.config import Config
from tfhd.label_sets import LabelSet, load_label_set, map_labels
from tfhd.readers.pairing import Example
from tfhd.readers.samples import require_same_size
from tfhd_client import read_ids, verify_ids, verify_photo

T = TypeVar("T")

# More wait for one another's turn in Python, and each holds a few decoded pictures, which adds up on machines of many cores.
_MOST_THREADS = 8


def read_in_threads(read: Callable[[Example], T], examples: Sequence[Example]) -> Iterator[T]:
    """Calls `read` for each example in a few threads, as decoding releases Python's lock; yields in the order of `examples`."""
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        try:
            yield from pool.map(read, examples)
        finally:
            pool.shutdown(cancel_futures=True)


def check_examples(examples: Sequence[Example], config: Config, progress: Callable[[int, int], None] | None = None) -> None:
    """Decodes all label maps, and checks kind, size and completeness of all photos and instance maps.

    Args:
        examples: what `find_examples` gave.
        config: names the label set.
        progress: called after each example with the number of those checked and of all.

    Raises:
        InputError: the first fault in the order of `examples`.
    """
    label_set = load_label_set(config.data.label_set)
    for done, _ in enumerate(read_in_threads(lambda example: _check(example, label_set), examples), start=1):
        if progress is not None:
            progress(done, len(examples))


def _check(example: Example, label_set: LabelSet) -> None:
    image_size = verify_photo(example.image)
    ids = read_ids(example.label)
    require_same_size(example.label, ids.shape, example.image, image_size)
    map_labels(ids, label_set, example.label)
    if example.instance is not None:
        require_same_size(example.instance, verify_ids(example.instance), example.image, image_size)
