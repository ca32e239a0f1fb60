from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tiny_run import LABEL_SET
from tests.tiny_training import random_batch, training_config
from tfhd.config import GeneratorConfig
from tfhd.errors import InputError
from tfhd.networks import build_networks
from tfhd.training import build_model


@pytest.mark.parametrize("instance_edges", [True, False])
def test_networks_read_the_boundary_map_only_if_the_configuration_gives_it(instance_edges: bool) -> None:
    config = training_config()
    networks = build_networks(replace(config, data=replace(config.data, instance_edges=instance_edges)), LABEL_SET.num_classes)
    encoded = LABEL_SET.num_classes + instance_edges
    assert networks.generator_channels == encoded + config.encoder.feature_channels
    assert networks.generator.variables[0].shape[2] == networks.generator_channels
    assert networks.discriminator.variables[0].shape[2] == encoded + 3


def test_a_model_without_the_boundary_map_trains_and_does_not_see_instances() -> None:
    config = training_config(feature_channels=0)
    model = build_model(
        replace(config, data=replace(config.data, instance_edges=False)), LABEL_SET.num_classes, steps_per_epoch=5
    )
    batch = random_batch()
    before = model.generator.variables[0].numpy()
    losses = model.train_step(batch)
    assert all(np.isfinite(float(value)) for value in losses.values())
    assert not np.array_equal(model.generator.variables[0].numpy(), before)
    merged = batch | {"instance": batch["instance"] * 0}
    np.testing.assert_array_equal(*(model.label_encoding(maps["label"], maps["instance"]) for maps in (batch, merged)))


@pytest.mark.parametrize("architecture", ["unet", "cascaded_refinement"])
def test_a_generator_of_others_is_trained_by_the_same_step(architecture) -> None:
    config = training_config()
    generator = GeneratorConfig(architecture=architecture, filters=2, num_downsamples=2)
    model = build_model(replace(config, generator=generator), LABEL_SET.num_classes, steps_per_epoch=5)
    before = {variable.path: variable.numpy() for variable in model.generator.trainable_variables}
    losses = model.train_step(random_batch())
    assert all(np.isfinite(float(value)) for value in losses.values())
    assert all(np.any(before[variable.path] != variable.numpy()) for variable in model.generator.trainable_variables)


def test_a_generator_of_others_has_no_enhancers() -> None:
    with pytest.raises(InputError, match="num_enhancers is 1, but unet has no enhancers"):
        GeneratorConfig(architecture="unet", num_enhancers=1)
