"""Writes how TensorFlow Serving batches requests to a version of a model."""

from __future__ import annotations

from pathlib import Path

from tfhd.errors import InputError

_FILE = "batching_params.pbtxt"
"""TensorFlow Serving looks for it beside saved_model.pb."""
_MOST = 1024


def require_batch_of_one_size(max_batch_size: int | None, size: tuple[int, int] | None) -> None:
    """Raises `InputError` where batches of `max_batch_size` images could not be computed."""
    if max_batch_size is None:
        return
    if not 1 <= max_batch_size <= _MOST:
        raise InputError(f"--max-batch-size is {max_batch_size}; expected 1 to {_MOST}")
    if size is None:
        raise InputError("--max-batch-size needs --size: TensorFlow Serving fails a batch whose requests differ in size")


def write_batching_file(folder: Path, max_batch_size: int) -> None:
    """Writes the file into a version's folder: no request waits for others, but those that wait anyway go together."""
    (folder / _FILE).write_text(
        "# Taken with --enable_batching --enable_per_model_batching_parameters.\n"
        f"max_batch_size {{ value: {max_batch_size} }}\n"
        "batch_timeout_micros { value: 0 }\n"
        "max_enqueued_batches { value: 64 }\n",
        encoding="utf-8",
    )
