"""The pictures that are evaluated: what a run's generator makes of label maps, or files in a folder."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet, load_label_set
from tfhd.pictures import find_pictures, list_paths
from tfhd.pixels import shown
from tfhd.runs import TrainedRun
from tfhd.styles import StyleTable
from tfhd.styles.sampling import style_features
from tfhd.training import Pix2PixHD
from tfhd_client import read_photo, read_size

OWN, USUAL, GIVEN = "own", "usual", "given"

Batch = Mapping[str, tf.Tensor]
"""label int32 (N,H,W), instance int32 (N,H,W), image float32 (N,H,W,3) in [-1,1]."""


class PictureSource(Protocol):
    """Pictures of the examples of a split.

    Attributes:
        folder: results go here.
        config: of the data.
        label_set: its classes.
        has_styles: whether `own` pictures are in the photos' own styles: with an encoder.
        kinds: of pictures that each label map has: first `own`, in the photo's own styles (without an encoder, without any), or
            `given`, found in a folder; then `usual`, in each class's most usual style, and one for each seed, see `seed_kind`.
        identity: says for JSON what the pictures are, and changes when they do.
    """

    folder: Path
    config: Config
    label_set: LabelSet
    has_styles: bool
    kinds: tuple[str, ...]
    identity: dict[str, Any]

    def pictures(self, batch: Batch, first: int) -> dict[str, np.ndarray]:
        """uint8 `(N, H, W, 3)` of each kind, of the examples of a batch; `first` is the number of its first in the split."""


def seed_kind(seed: int) -> str:
    """The kind of the pictures in styles that this seed draws."""
    return f"seed {seed}"


class RunSource:
    """What a run's generator makes of label maps.

    Args:
        trained: the run.
        table: its styles; None for the photo's own alone.
        seeds: of sampled styles.
    """

    def __init__(self, trained: TrainedRun, table: StyleTable | None, seeds: tuple[int, ...]) -> None:
        self.folder, self.config, self.label_set = trained.folder, trained.config, trained.label_set
        networks = trained.networks
        self.has_styles = networks.encoder is not None
        model = Pix2PixHD(networks.generator, networks.discriminator, networks.label_encoding, networks.encoder)
        self._own = tf.function(model, reduce_retracing=True)
        self._styled = None
        self._seeds = {}
        if table is not None:
            self._seeds = {USUAL: -1} | {seed_kind(seed): seed for seed in seeds}
            self._styled = tf.function(self._styler(model, table), reduce_retracing=True)
        self.kinds = (OWN, *self._seeds)
        state = os.stat(trained.folder / "checkpoints" / trained.weights_name.split()[0] / "state.json")
        self.identity = {"run": str(trained.folder), "weights": trained.weights_name, "written": state.st_mtime_ns}

    def pictures(self, batch: Batch, first: int) -> dict[str, np.ndarray]:
        found = {OWN: self._own(batch)}
        for kind, seed in self._seeds.items():
            found[kind] = self._styled(batch["label"], batch["instance"], tf.constant(seed, tf.int32))
        return {kind: shown(pictures.numpy()) for kind, pictures in found.items()}

    @staticmethod
    def _styler(model: Pix2PixHD, table: StyleTable):
        def styled(label: tf.Tensor, instance: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            encoded = model.label_encoding(label, instance)
            count = tf.shape(label)[0]
            unused = tf.fill((count, 1), -1)
            features = style_features(table, label, instance, tf.fill((count,), seed), unused, tf.zeros_like(unused))
            return model.generator(tf.concat([encoded, tf.cast(features, encoded.dtype)], axis=-1))

        return styled


class FolderSource:
    """Pictures in files that are named as the label maps are; photos and maps are resized to their size.

    Args:
        folder: the pictures, all of one size.
        config: of the data; height and width are not used.
        split: the split that the pictures are of.

    Raises:
        InputError: the data has no files, a picture is missing or one too many, or sizes differ.
    """

    has_styles = False
    kinds = (GIVEN,)

    def __init__(self, folder: Path, config: Config, split: str) -> None:
        self.folder, self.label_set = folder, load_label_set(config.data.label_set)
        names = [example.name for example in config.data.open_files(split).examples]
        found = _find(folder)
        missing = [name for name in names if name not in found]
        if missing:
            raise InputError(
                f"{folder}: has no picture {missing[0]!r} ({len(missing)} of {len(names)} are missing); name each picture as its "
                f"label map, and give all of the split {split}"
            )
        if len(found) > len(names):
            more = [path for name, path in found.items() if name not in set(names)]
            raise InputError(
                f"{list_paths(more)}: no label map of the split {split} has such a name; remove what is no picture of it"
            )
        self._paths = [found[name] for name in names]
        sizes = {read_size(path): path for path in self._paths}
        if len(sizes) > 1:
            (first, path), (other, other_path) = list(sizes.items())[:2]
            raise InputError(
                f"{other_path} has {other[1]}x{other[0]} pixels and {path} {first[1]}x{first[0]}; make pictures of one size"
            )
        ((height, width),) = sizes
        self.config = dataclasses.replace(config, data=dataclasses.replace(config.data, height=height, width=width))
        newest = max(os.stat(path).st_mtime_ns for path in self._paths)
        self.identity = {"folder": str(folder), "files": len(self._paths), "written": newest}

    def pictures(self, batch: Batch, first: int) -> dict[str, np.ndarray]:
        paths = self._paths[first : first + len(batch["label"])]
        return {GIVEN: np.stack([read_photo(path) for path in paths])}


def _find(folder: Path) -> dict[str, Path]:
    try:
        found = find_pictures(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); give a run folder, or a folder of pictures") from None
    if found.duplicates:
        raise InputError(found.duplicates[0][1])
    return found.by_name
