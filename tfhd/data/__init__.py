"""From files on a disk to batches of labels, instances and photos."""

from tfhd.data.decoding import map_labels, read_ids, read_image
from tfhd.data.instances import connected_instances
from tfhd.data.order import Shard, TrainingOrder
from tfhd.data.pairing import Example, find_examples, has_split
from tfhd.data.pipeline import TrainingData, build_dataset, input_error_from
from tfhd.data.validation import check_examples

__all__ = [
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
    "map_labels",
    "read_ids",
    "read_image",
]
