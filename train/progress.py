from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import tensorflow as tf
from rich.progress import track

from tfhd.data import input_error_from

T = TypeVar("T")


def read(batches: Iterable[T], description: str) -> Iterator[T]:
    """Yields the batches of a data set under a progress bar; a fault in a file comes out as its `InputError`."""
    with data_faults():
        yield from track(batches, description)


class data_faults:  # noqa: N801 - reads as a statement: with data_faults()
    """Context in which a TensorFlow error that a bad file caused becomes the `InputError` that names the file."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, traceback) -> None:
        fault = input_error_from(error) if isinstance(error, tf.errors.OpError) else None
        if fault is not None:
            raise fault from None
