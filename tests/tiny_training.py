"""A model of a few thousand weights, and batches for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from tests.tiny_run import LABEL_SET, tiny_config
from tfhd.config import Config, DataConfig, DiscriminatorConfig, LossConfig, StageConfig, TrainingConfig
from tfhd.networks import VGG19Features
from tfhd.training import Pix2PixHD, build_model

HEIGHT, WIDTH = 32, 48
LOSS_NAMES = ("generator_gan", "feature_matching", "perceptual", "discriminator_real", "discriminator_fake")
"""What every training reports, in this order."""


def training_config(precision: str = "float32", feature_channels: int = 3, training: dict | None = None, **loss) -> Config:
    training = training or {}
    return replace(
        tiny_config(feature_channels),
        data=DataConfig(height=HEIGHT, width=WIDTH, batch_size=training.get("accumulate", 1)),
        discriminator=DiscriminatorConfig(filters=4, num_layers=2, num_scales=2),
        loss=LossConfig(**{"perceptual_weight": 0.0} | loss),
        training=TrainingConfig(**{"precision": precision} | training),
        stages={"global": StageConfig(epochs=10, decay_epochs=10)},
    )


def tiny_model(
    precision: str = "float32",
    feature_channels: int = 3,
    perceptual: VGG19Features | None = None,
    perceptual_weight: float = 10.0,
    seed: int = 0,
    training: dict | None = None,
    **loss,
) -> Pix2PixHD:
    """A compiled model; the same arguments give the same weights. `training` and `loss` override those settings.

    `perceptual` is a network with the test's own weights, where ImageNet's would be loaded.
    """
    keras.utils.set_random_seed(seed)
    if perceptual is not None:
        loss["perceptual_weight"] = perceptual_weight
    config = training_config(precision, feature_channels, training, **loss)
    return build_model(config, LABEL_SET.num_classes, steps_per_epoch=5, perceptual=perceptual)


def random_batch(seed: int = 0, count: int = 1) -> dict[str, tf.Tensor]:
    """Blocks of random classes and instances, and a photo of noise."""
    random = np.random.default_rng(seed)
    blocks = random.integers(0, LABEL_SET.num_classes, (count, HEIGHT // 8, WIDTH // 8)).astype(np.int32)
    label = blocks.repeat(8, axis=1).repeat(8, axis=2)
    instance = np.where(label == 1, 26001 + np.arange(WIDTH, dtype=np.int32) // 16, label).astype(np.int32)
    image = random.uniform(-1, 1, (count, HEIGHT, WIDTH, 3)).astype(np.float32)
    return {"label": tf.constant(label), "instance": tf.constant(instance), "image": tf.constant(image)}


def dataset(batches: Iterable[dict[str, tf.Tensor]]) -> tf.data.Dataset:
    """Gives these batches in this order."""
    batches = list(batches)
    return tf.data.Dataset.from_tensor_slices({key: tf.stack([batch[key] for batch in batches]) for key in batches[0]})


def as_arrays(model: Pix2PixHD) -> dict[str, np.ndarray]:
    """All weights of generator, discriminator and encoder by path."""
    return {variable.path: variable.numpy() for network in model.networks.values() for variable in network.variables}
