"""Makes batches of labels, instances and photos from a data set, and reports what is wrong with its files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tfhd.data.inspection.inspect_data import inspect_data
from tfhd.data.inspection.pairs import PairReport, inspect_pairs
from tfhd.data.inspection.report import DataReport
from tfhd.data.inspection.training_check import check_examples
from tfhd.data.pipeline.order import Shard, TrainingOrder

if TYPE_CHECKING:
    from tfhd.data.pipeline.datasets import TrainingData, build_dataset, input_error_from

__all__ = [
    "DataReport",
    "PairReport",
    "Shard",
    "TrainingData",
    "TrainingOrder",
    "build_dataset",
    "check_examples",
    "input_error_from",
    "inspect_data",
    "inspect_pairs",
]


def __getattr__(name: str) -> Any:
    # TensorFlow takes seconds to import, and what only reads files does without it.
    if name in ("TrainingData", "build_dataset", "input_error_from"):
        return getattr(import_module("tfhd.data.pipeline.datasets"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
