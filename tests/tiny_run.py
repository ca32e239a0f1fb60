"""A run folder with networks of a few thousand weights, for tests of what uses runs."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from tfhd.config import Config, DataConfig, EncoderConfig, GeneratorConfig
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.networks import Networks, build_networks
from tfhd.runs import write_config_and_label_set, write_networks
from tfhd.styles import StyleTable

LABEL_SET = LabelSet(
    "tiny",
    (
        LabelClass("road", (7,), (128, 64, 128), False),
        LabelClass("car", (26, 27), (0, 0, 142), True),
        LabelClass("don't care", (0, 255), (0, 0, 0), False),
    ),
)
NUM_STYLES = (4, 3, 0)
"""Styles of each class."""


def tiny_config(feature_channels: int = 3, filters: int = 4) -> Config:
    return Config(
        data=DataConfig(height=32, width=48),
        generator=GeneratorConfig(filters=filters, num_downsamples=2, num_residual_blocks=1),
        encoder=EncoderConfig(feature_channels=feature_channels, filters=2, num_downsamples=2),
    )


def write_run(folder: Path, config: Config, label_set: LabelSet = LABEL_SET, *, styles: bool = True) -> Networks:
    """Writes `folder` as `tfhd train fit` and `styles` do; returns the networks that it holds."""
    keras.utils.set_random_seed(1)
    networks = build_networks(config, label_set.num_classes)
    write_config_and_label_set(folder, config, label_set)
    write_networks(folder, networks.for_synthesis())
    if styles and networks.encoder is not None:
        style_table(config.encoder.feature_channels, label_set).save(folder / "styles.npz")
    return networks


def style_table(channels: int, label_set: LabelSet = LABEL_SET) -> StyleTable:
    centers = np.random.default_rng(2).uniform(-1, 1, (label_set.num_classes, max(NUM_STYLES), channels))
    return StyleTable(centers.astype(np.float32), np.resize(np.array(NUM_STYLES, np.int32), label_set.num_classes))


def street(height: int, width: int, cars: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Raw label uint8 and instance uint16, both `(height, width)`: a road with cars 26001, 26002, ... on it."""
    label, instance = np.full((height, width), 7, np.uint8), np.full((height, width), 7, np.uint16)
    for number in range(cars):
        left = 2 + number * width // cars
        where = np.s_[height // 3 : 2 * height // 3, left : left + width // (2 * cars)]
        label[where], instance[where] = 26 + number % 2, 26001 + number
    return label, instance
