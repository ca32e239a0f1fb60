"""From files (or rendered streets) to batches."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfhd.config import Config
from tfhd.data.pipeline.order import Shard, TrainingOrder, epoch_order
from tfhd.data.pipeline.transforms import ScaleWidth, apply_transforms, build_transforms, picture_size
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet, load_label_set, map_labels
from tfhd.readers.pairing import Example, find_examples
from tfhd.readers.samples import Sample, load_sample
from tfhd.streets.scene import Street, render_street
from tfhd_client import read_size

_PREFETCHED_BATCHES = 4


def build_dataset(config: Config, split: str, *, training: bool | None = None) -> tf.data.Dataset:
    """Builds a data set of which one iteration is one epoch.

    In training each iteration has another order, other windows and other mirrored pictures, all of which follow from
    `config.training.seed`, the number of the epoch and the example, never from timing; the last incomplete batch is dropped.
    Otherwise the order is by name, windows come from the middle, nothing is mirrored, and the last batch may be smaller.

    Args:
        config: what to read and how to shape it.
        split: train, val, ...; folders are named after it.
        training: whether to shuffle, mirror and so on; by default only the split `train` does.

    Returns:
        Batches {"label": int32 (N, H, W), "instance": int32 (N, H, W), "image": float32 (N, H, W, 3) in [-1, 1]}.
        H and W are static unless `config.data.resize` is scale_width; N is static where all batches are full.

    Raises:
        InputError: files are absent or do not fit each other, or there are fewer examples than a batch takes. What only shows
            when a file is read fails while iterating, with a TensorFlow error that `input_error_from` turns back.
    """
    training = split == "train" if training is None else training
    source = _open(config, split)
    batch_size = config.data.batch_size
    if training:
        _require_a_batch(source, split, batch_size)
    dataset = _index_dataset(source.count, config.training.seed, training)
    dataset = dataset.map(_loader(config, source, training), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    all_full = training or source.count % batch_size == 0
    return dataset.batch(batch_size, drop_remainder=all_full).prefetch(_PREFETCHED_BATCHES).with_options(_own_threads())


class TrainingData:
    """The training split as an endless stream of batches that can be entered at any step.

    Step for step it gives what `build_dataset` gives epoch for epoch.

    Args:
        config: what to read and how to shape it.
        replicas: replicas in all, each of which takes `config.data.batch_size` pictures a step.

    Raises:
        InputError: as `build_dataset` does.
    """

    def __init__(self, config: Config, replicas: int = 1) -> None:
        self._config, self._source = config, _open(config, "train")
        batch_size = config.data.batch_size * replicas
        _require_a_batch(self._source, "train", batch_size)
        self.order = TrainingOrder(self._source.count, batch_size, config.training.seed)

    def batches(self, first_step: int = 0, shard: Shard = Shard()) -> tf.data.Dataset:  # noqa: B008 - frozen
        """Batches of `config.data.batch_size` from `first_step` on: those of one host, a step's replicas after one another."""

        def positions(step: tf.Tensor) -> tf.Tensor:
            found = tf.numpy_function(lambda number: self.order.positions(int(number), shard), [step], tf.int64)
            return tf.ensure_shape(found, (self.order.batch_size // shard.count, 2))

        dataset = tf.data.Dataset.counter(first_step).map(positions).unbatch()
        load = _loader(self._config, self._source, training=True)
        dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return (
            dataset.batch(self._config.data.batch_size, drop_remainder=True)
            .prefetch(_PREFETCHED_BATCHES)
            .with_options(_own_threads())
        )

    def sources(self, step: int) -> list[str]:
        """Label maps (or rendered streets) of a step's examples on all hosts, for messages."""
        return [self._source.name(int(index)) for _, index in self.order.positions(step)]


def input_error_from(error: tf.errors.OpError) -> InputError | None:
    """Finds the `InputError` raised while a batch was made in the TensorFlow error that it came out as; None if there is none."""
    found = re.search(r"\bInputError: (.+)", error.message or "")
    return InputError(found.group(1)) if found else None


class _Source(NamedTuple):
    count: int
    load: Callable[[int], Sample]
    name: Callable[[int], str]


def _open(config: Config, split: str) -> _Source:
    return _open_streets(config, split) if config.data.format == "streets" else _open_files(config, split)


def _require_a_batch(source: _Source, split: str, batch_size: int) -> None:
    if source.count < batch_size:
        raise InputError(
            f"split {split!r} has {source.count} examples, fewer than the {batch_size} of a step on all replicas; "
            "lower data.batch_size"
        )


def _open_files(config: Config, split: str) -> _Source:
    label_set = load_label_set(config.data.label_set)
    examples = find_examples(config.data, split)
    if config.data.resize == "scale_width" and config.data.batch_size > 1:
        _require_equal_heights(examples, config)
    return _Source(len(examples), lambda index: load_sample(examples[index], label_set), lambda index: str(examples[index].label))


def _require_equal_heights(examples: list[Example], config: Config) -> None:
    """Raises `InputError` if photos of different shape would have to share a batch."""
    scale = ScaleWidth(picture_size(config)[1], config.size_multiple)
    heights = [scale.height_of(*read_size(example.image)) for example in examples]
    for example, height in zip(examples, heights, strict=True):
        if height != heights[0]:
            raise InputError(
                f"{example.image} becomes {height} rows high but {examples[0].image} {heights[0]}, so they cannot share a batch; "
                f"set data.resize to exact or crop, or data.batch_size to 1"
            )


def _open_streets(config: Config, split: str) -> _Source:
    label_set = load_label_set(config.data.label_set)
    count = config.data.street_count if split == "train" else max(1, config.data.street_count // 5)
    height, width = picture_size(config)
    streets = [render_street(split, index, height, width) for index in range(count)]

    def name(index: int) -> str:
        return f"street {index} of {split}"

    return _Source(count, lambda index: _street_sample(streets[index], label_set, name(index)), name)


def _street_sample(street: Street, label_set: LabelSet, source: str) -> Sample:
    return Sample(map_labels(street.label, label_set, source), street.instance.astype(np.int32), street.image, source)


def _own_threads() -> tf.data.Options:
    # Otherwise pictures are read by the threads that run training steps, of which there may be one.
    options = tf.data.Options()
    options.threading.private_threadpool_size = max(2, os.cpu_count() or 2)
    return options


def _index_dataset(count: int, seed: int, training: bool) -> tf.data.Dataset:
    """Yields int64 (2,): epoch and index of each example, every iteration being the next epoch."""
    next_epoch = 0

    def next_positions() -> np.ndarray:
        nonlocal next_epoch
        epoch, next_epoch = next_epoch, next_epoch + 1
        order = epoch_order(count, seed, epoch) if training else np.arange(count)
        return np.stack([np.full(count, epoch), order], axis=1).astype(np.int64)

    # A function that runs as an iteration starts is what tells epochs apart; tf.data has no such counter of its own.
    def whole_epoch(_: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(tf.numpy_function(next_positions, [], tf.int64), (count, 2)))

    return tf.data.Dataset.range(1).flat_map(whole_epoch).apply(tf.data.experimental.assert_cardinality(count))


def _loader(config: Config, source: _Source, training: bool) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    transforms = build_transforms(config, training)
    size = (None, picture_size(config)[1]) if config.data.resize == "scale_width" else picture_size(config)
    seed = config.training.seed

    def load(position: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        epoch, index = (int(value) for value in position)
        # NumPy takes (s, e) and (s, e, 0) for the same seed, and the first of them has drawn the epoch's order: hence + 1.
        random = np.random.default_rng((seed, epoch, index + 1))
        sample = apply_transforms(transforms, source.load(index), random)
        return tuple(np.ascontiguousarray(array) for array in sample[:3])

    def to_tensors(position: tf.Tensor) -> dict[str, tf.Tensor]:
        label, instance, image = tf.numpy_function(load, [position], (tf.int32, tf.int32, tf.uint8))
        return {
            "label": tf.ensure_shape(label, size),
            "instance": tf.ensure_shape(instance, size),
            "image": tf.cast(tf.ensure_shape(image, (*size, 3)), tf.float32) / 127.5 - 1.0,
        }

    return to_tensors
