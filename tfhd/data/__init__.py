"""From files on a disk to batches of labels, instances and photos."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tfhd.data.decoding import map_labels, read_ids, read_image
from tfhd.data.instances import connected_instances
from tfhd.data.order import Shard, TrainingOrder
from tfhd.data.pairing import Example, find_examples, has_split
from tfhd.data.report import DataReport, inspect_data
from tfhd.data.validation import check_examples

if TYPE_CHECKING:
    from tfhd.data.pipeline import TrainingData, build_dataset, input_error_from

__all__ = [
    "DataReport",
    "Example",
    "Shard",
    "TrainingData",
    "TrainingOrder",
    "build_dataset",
    "check_examples",
    "connected_instances",
    "find_examples",
    "has_split",
    "input_error_from",
    "inspect_data",
    "map_labels",
    "read_ids",
    "read_image",
]


def __getattr__(name: str) -> Any:
    # TensorFlow takes seconds to import, and what only reads files does without it.
    if name in ("TrainingData", "build_dataset", "input_error_from"):
        return getattr(import_module("tfhd.data.pipeline"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
