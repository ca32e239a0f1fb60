"""From files (or rendered streets) to batches."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfhd.config import Config, DataConfig, PixelType
from tfhd.data.pipeline.order import Shard, TrainingOrder, epoch_order
from tfhd.data.pipeline.transforms import ScaleWidth, apply_transforms, build_transforms, picture_size
from tfhd.errors import InputError
from tfhd.readers import Reader

_PREFETCHED_BATCHES = 4
_FINGERPRINTED = 8
"""Examples whose pixels are part of a fingerprint: enough to tell data sets apart, in a second at most."""


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
        Batches {"label": int32 (N, H, W), "instance": int32 (N, H, W), "image": float32 (N, H, W, C) in [-1, 1]}; where
        `config.data.input` is image, "label" is float32 (N, H, W, C) in [-1, 1] too.
        H and W are static unless `config.data.resize` is scale_width; N is static where all batches are full.

    Raises:
        InputError: files are absent or do not fit each other, or there are fewer examples than a batch takes. Errors that only
            show when a file is read come while iterating, as a TensorFlow error from which `input_error_from` restores them.
    """
    training = split == "train" if training is None else training
    reader = _open(config, split)
    batch_size = config.data.batch_size
    if training:
        _require_a_batch(reader, batch_size)
    dataset = _index_dataset(reader.count, config.training.seed, training)
    dataset = dataset.map(_loader(config, reader, training), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    all_full = training or reader.count % batch_size == 0
    return dataset.batch(batch_size, drop_remainder=all_full).prefetch(_PREFETCHED_BATCHES).with_options(_own_threads())


class TrainingData:
    """The training split as an endless stream of batches that can start at any step.

    Its batches are those of successive epochs of `build_dataset`.

    Args:
        config: what to read and how to shape it.
        replicas: replicas in all, each of which takes `config.data.batch_size` pictures per step.

    Raises:
        InputError: as `build_dataset` does.
    """

    def __init__(self, config: Config, replicas: int = 1) -> None:
        self._config, self._reader = config, _open(config, "train")
        batch_size = config.data.batch_size * replicas
        _require_a_batch(self._reader, batch_size)
        self.order = TrainingOrder(self._reader.count, batch_size, config.training.seed)

    def fingerprint(self) -> str:
        """A digest of the names of all examples below the data folder and of the pixels of a few, wherever that folder lies.

        Raises:
            InputError: one of them cannot be read.
        """
        root, count = str(Path(self._config.data.root)), self._reader.count
        digest = hashlib.sha256()
        for index in range(count):
            digest.update(f"{self._reader.name_of(index).removeprefix(root)}\n".encode(errors="surrogateescape"))
        for index in sorted({count * part // _FINGERPRINTED for part in range(_FINGERPRINTED)}):
            sample = self._reader.load(index)
            for pixels in (sample.label, sample.instance, sample.image):
                digest.update(np.ascontiguousarray(pixels))
        return digest.hexdigest()

    def batches(self, first_step: int = 0, shard: Shard = Shard()) -> tf.data.Dataset:  # noqa: B008 - frozen
        """Batches of `config.data.batch_size` from `first_step` on: those of one host, a step's replicas after one another."""

        def positions(step: tf.Tensor) -> tf.Tensor:
            found = tf.numpy_function(lambda number: self.order.positions(int(number), shard), [step], tf.int64)
            return tf.ensure_shape(found, (self.order.batch_size // shard.count, 2))

        dataset = tf.data.Dataset.counter(first_step).map(positions).unbatch()
        load = _loader(self._config, self._reader, training=True)
        dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return (
            dataset.batch(self._config.data.batch_size, drop_remainder=True)
            .prefetch(_PREFETCHED_BATCHES)
            .with_options(_own_threads())
        )

    def sources(self, step: int) -> list[str]:
        """Label maps (or rendered streets) of a step's examples on all hosts, for messages."""
        return [self._reader.name_of(int(index)) for _, index in self.order.positions(step)]


def batch_spec(config: Config) -> dict[str, tf.TensorSpec]:
    """Shapes and types of a batch of one stage, of the size that `config.data` says."""
    size = (config.data.batch_size, *picture_size(config))
    return {
        "label": _label_spec(config.data, size),
        "instance": tf.TensorSpec(size, tf.int32),
        "image": tf.TensorSpec((*size, config.data.output_pixels.channels), tf.float32),
    }


def _label_spec(data: DataConfig, size: tuple[int | None, ...]) -> tf.TensorSpec:
    if data.input == "labels":
        return tf.TensorSpec(size, tf.int32)
    return tf.TensorSpec((*size, data.input_pixels.channels), tf.float32)


def input_error_from(error: tf.errors.OpError) -> InputError | None:
    """The `InputError` that ended the making of a batch, out of the TensorFlow error that it became; None for other errors."""
    found = re.search(r"\bInputError: (.+)", error.message or "")
    return InputError(found.group(1)) if found else None


def _open(config: Config, split: str) -> Reader:
    """The reader of a split; raises `InputError` where examples cannot be listed, or cannot share a batch."""
    height, width = picture_size(config)
    reader = config.data.reader(dataclasses.replace(config.data.source, height=height, width=width), split)
    if reader.count and config.data.resize == "scale_width" and config.data.batch_size > 1:
        _require_equal_heights(reader, config)
    return reader


def _require_a_batch(reader: Reader, batch_size: int) -> None:
    if reader.count < batch_size:
        raise InputError(
            f"split {reader.split!r} has {reader.count} examples, fewer than the {batch_size} of a step on all replicas; "
            "lower data.batch_size"
        )


def _require_equal_heights(reader: Reader, config: Config) -> None:
    """Raises `InputError` if photos of different shape would have to share a batch."""
    scale = ScaleWidth(picture_size(config)[1], config.size_multiple)
    first = scale.height_of(*reader.size_of(0))
    for index in range(1, reader.count):
        height = scale.height_of(*reader.size_of(index))
        if height != first:
            raise InputError(
                f"{reader.name_of(index)} becomes {height} rows high but {reader.name_of(0)} {first}, so they cannot share a "
                "batch; set data.resize to exact or crop, or data.batch_size to 1"
            )


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

    # A function that runs as an iteration starts is the only way to tell epochs apart; tf.data has no such counter of its own.
    def whole_epoch(_: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(tf.numpy_function(next_positions, [], tf.int64), (count, 2)))

    return tf.data.Dataset.range(1).flat_map(whole_epoch).apply(tf.data.experimental.assert_cardinality(count))


def _loader(config: Config, reader: Reader, training: bool) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    transforms = build_transforms(config, training)
    size = (None, picture_size(config)[1]) if config.data.resize == "scale_width" else picture_size(config)
    seed, pixels = config.training.seed, config.data.output_pixels
    spec, given = _label_spec(config.data, size), config.data.input_pixels
    is_map = spec.dtype == tf.int32

    def load(position: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        epoch, index = (int(value) for value in position)
        # NumPy takes (s, e) and (s, e, 0) for the same seed, and the first of them has drawn the epoch's order: hence + 1.
        random = np.random.default_rng((seed, epoch, index + 1))
        sample = apply_transforms(transforms, reader.load(index), random)
        label = sample.label if is_map else given.clipped(sample.label)
        return tuple(np.ascontiguousarray(array) for array in (label, sample.instance, pixels.clipped(sample.image)))

    def to_tensors(position: tf.Tensor) -> dict[str, tf.Tensor]:
        types = tf.int32 if is_map else given.dtype, tf.int32, pixels.dtype
        label, instance, image = tf.numpy_function(load, [position], types)
        return {
            "label": tf.ensure_shape(label if is_map else _scaled(label, given), spec.shape),
            "instance": tf.ensure_shape(instance, size),
            "image": _scaled(tf.ensure_shape(image, (*size, pixels.channels)), pixels),
        }

    return to_tensors


def _scaled(picture: tf.Tensor, pixels: PixelType) -> tf.Tensor:
    return pixels.scaled(tf.cast(picture, tf.float32))
