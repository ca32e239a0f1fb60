"""TensorFlow's errors while it writes files, as Python's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf


@contextmanager
def tensorflow_errors_as_os_errors() -> Iterator[None]:
    """Turns what TensorFlow raises in the block into `OSError`, which `tfhd.files` reports in one line.

    TensorFlow has no error of its own for files: a full disk may be any `tf.errors.OpError`.
    """
    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(error.message) from error
