"""Reading data sets under a progress bar, with the faults of files told as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import tensorflow as tf
from rich.progress import track

from tfhd.data import input_error_from

T = TypeVar("T")


@contextmanager
def data_faults() -> Iterator[None]:
    """Turns a TensorFlow error that a bad file caused into the `InputError` that names the file."""
    try:
        yield
    except tf.errors.OpError as error:
        fault = input_error_from(error)
        if fault is None:
            raise
        raise fault from None


def read(batches: Iterable[T], description: str) -> Iterator[T]:
    """Yields the batches of a data set under a progress bar."""
    with data_faults():
        yield from track(batches, description)
