"""Reads data sets under a progress bar, and reports bad files in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import tensorflow as tf
from rich.progress import track

from tfhd.data import input_error_from

T = TypeVar("T")


@contextmanager
def data_errors() -> Iterator[None]:
    """Turns a TensorFlow error that a bad file caused into the `InputError` that names the file."""
    try:
        yield
    except tf.errors.OpError as error:
        input_error = input_error_from(error)
        if input_error is None:
            raise
        raise input_error from None


def with_progress(batches: Iterable[T], description: str) -> Iterator[T]:
    """Yields the batches of a data set under a progress bar."""
    with data_errors():
        yield from track(batches, description)
