"""Models of other pictures than RGB photos of label maps."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_pictures import KINDS, Kind, instances, numbers, picture_config
from tests.tiny_run import LABEL_SET
from tests.tiny_training import random_batch, training_config
from tfhd.config import Config, LossConfig, PixelType
from tfhd.networks import VGG19Features
from tfhd.training import ImagePool, build_model
from tfhd.training.planning import plan_stages


def batch_of(kind: Kind, count: int = 1) -> dict[str, tf.Tensor]:
    def pictures(pixels: PixelType, first: int) -> tf.Tensor:
        return tf.constant(pixels.scaled(np.stack([numbers(pixels, first + i) for i in range(count)]).astype(np.float32)))

    ids = np.stack([instances().astype(np.int32)] * count)
    return {"label": pictures(kind.given, 0), "instance": tf.constant(ids), "image": pictures(kind.made, 10)}


def changed(config: Config, **groups: dict) -> Config:
    return dataclasses.replace(config, **{name: dataclasses.replace(getattr(config, name), **f) for name, f in groups.items()})


def finite(losses: dict) -> bool:
    return all(np.isfinite(float(value)) for value in losses.values())


@pytest.mark.parametrize("name", KINDS)
def test_a_part_of_a_batch_and_earlier_fakes_train_as_for_label_maps(name: str) -> None:
    kind = KINDS[name]
    config = changed(picture_config(kind), data={"batch_size": 2}, training={"accumulate": 2, "pool_size": 1})
    model = build_model(config, 1, steps_per_epoch=5)
    pool, batch = ImagePool(1, 0), batch_of(kind, 2)
    for step in range(2):
        drawn = {key: tf.constant(value) for key, value in pool.draw(batch, step).items()}
        losses, fakes = model.train_step_with_pool(batch, drawn)
        pool.store(batch, fakes.numpy())
        assert finite(losses)
    assert fakes.shape == (2, 32, 64, kind.made.channels)


@pytest.mark.parametrize("changes", [{"generator": {"num_enhancers": 1}}, {"data": {"fit": "pad", "height": 30}}])
def test_enhancers_and_any_size_take_pictures(changes: dict) -> None:
    kind = KINDS["5 channels to rgb"]
    config = changed(picture_config(kind), **changes)
    model = build_model(config, 1, steps_per_epoch=5)
    batch = {key: tensor[:, : config.data.height] for key, tensor in batch_of(kind).items()}
    assert finite(model.train_step(batch))
    assert model(batch).shape == (1, config.data.height, 64, 3)


def test_label_maps_become_gray_photos_in_the_style_of_gray_photos() -> None:
    config = changed(training_config(), data={"output_pixels": PixelType(1, "uint16")})
    model = build_model(config, LABEL_SET.num_classes, steps_per_epoch=5)
    batch = random_batch() | {"image": random_batch()["image"][..., :1]}
    assert finite(model.train_step(batch))
    assert model(batch).shape == (*batch["label"].shape, 1)
    assert model.encoder.variables[0].shape[2] == 1


def test_the_vgg_term_repeats_gray() -> None:
    keras.utils.set_random_seed(0)
    network = VGG19Features()
    network.build((None, None, None, 1))
    gray = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 1)).astype(np.float32)
    for one, other in zip(network(gray), network(np.repeat(gray, 3, axis=-1)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("channels", "expected"), [(1, True), (2, False), (3, True), (4, False)])
def test_the_vgg_term_is_there_for_gray_and_rgb_alone(channels: int, expected: bool) -> None:
    kind = Kind(PixelType(2), PixelType(channels))
    config = dataclasses.replace(picture_config(kind), loss=LossConfig())
    assert config.has_perceptual_loss is expected
    assert not dataclasses.replace(config, loss=LossConfig(perceptual_weight=0.0)).has_perceptual_loss


def test_a_plan_counts_the_channels_of_the_pictures() -> None:
    kind = KINDS["5 channels to rgb"]
    config = changed(picture_config(kind), training={"recompute": True, "precision": "mixed_bfloat16"})
    (stage,) = plan_stages(config, 1)
    (other,) = plan_stages(changed(config, data={"input_pixels": PixelType(6)}), 1)
    assert other.parameters["generator"] - stage.parameters["generator"] == 7 * 7 * 4
    assert other.parameters["discriminator"] - stage.parameters["discriminator"] == 2 * 4 * 4 * 4
