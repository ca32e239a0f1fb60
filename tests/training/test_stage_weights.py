from __future__ import annotations

import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_run import LABEL_SET
from tests.tiny_training import random_batch, training_config
from tfhd.config import Config, StageConfig
from tfhd.errors import InputError
from tfhd.runs.checkpoint_files import network_arrays
from tfhd.training import Pix2PixHD, build_model, carry_over, weights_of
from tfhd.training.stage_weights import Weights, freeze

TINY = training_config()
CONFIG = replace(
    TINY,
    generator=replace(TINY.generator, filters=2, num_enhancers=2, num_local_residual_blocks=1),
    discriminator=replace(TINY.discriminator, num_scales=3),
    data=replace(TINY.data, height=64, width=64, load_width=64),
    stages={
        "g1": StageConfig(halvings=2),
        "g1_g2": StageConfig(halvings=1),
        "g3_alone": StageConfig(trained="enhancer"),
        "g1_g2_g3": StageConfig(),
    },
)


def new_model(stage: str, seed: int, config: Config = CONFIG) -> Pix2PixHD:
    keras.utils.set_random_seed(seed)
    return build_model(config.at(stage), LABEL_SET.num_classes, steps_per_epoch=5)


@pytest.fixture(scope="module")
def models() -> dict[str, Pix2PixHD]:
    """One of every size, each with the weights of the one before. Tests must not train them."""
    names = ["g1", "g1_g2", "g1_g2_g3"]
    models = {name: new_model(name, seed) for seed, name in enumerate(names)}
    for coarse, fine in itertools.pairwise(names):
        carry_over(weights_of(models[coarse]), CONFIG.at(coarse), models[fine], CONFIG.at(fine), coarse)
    return models


def features(model: Pix2PixHD, inputs: np.ndarray, enhancers: int) -> np.ndarray:
    """What the global generator and the innermost enhancers make, before any output block."""
    generator = model.generator
    if not hasattr(generator, "enhancers"):
        for block in generator.blocks[:-1]:
            inputs = block(inputs)
        return np.asarray(inputs)
    levels = [inputs]
    for _ in range(enhancers):
        levels.append(generator.pyramid(levels[-1]))
    x = generator.global_generator(levels.pop())
    for enhancer, level in zip(generator.enhancers, reversed(levels), strict=False):
        x = enhancer(level, x)
    return np.asarray(x)


def assert_same(got: Weights, want: Weights) -> None:
    assert got.keys() == want.keys()
    for name in want:
        assert got[name].keys() == want[name].keys()
        for path in want[name]:
            np.testing.assert_array_equal(got[name][path], want[name][path], err_msg=f"{name} {path}")


@pytest.mark.parametrize(("coarse", "fine", "enhancers"), [("g1", "g1_g2", 0), ("g1_g2", "g1_g2_g3", 1)])
def test_the_inner_generator_makes_the_features_that_it_made_alone(models, coarse, fine, enhancers):
    channels = LABEL_SET.num_classes + 1 + CONFIG.encoder.feature_channels
    inputs = np.random.default_rng(0).uniform(-1, 1, (1, 16, 24, channels)).astype(np.float32)
    before, after = (features(models[name], inputs, enhancers) for name in (coarse, fine))
    assert before.std() > 0.01
    np.testing.assert_allclose(after, before, atol=1e-6)


@pytest.mark.parametrize(("coarse", "fine"), [("g1", "g1_g2"), ("g1_g2", "g1_g2_g3")])
def test_a_new_discriminator_comes_at_the_finest_scale_and_the_others_are_kept(models, coarse, fine):
    before, after = (models[name].discriminator.scales for name in (coarse, fine))
    assert len(after) == len(before) + 1
    for kept, scale in zip(before, after[1:], strict=True):
        for was, now in zip(kept.get_weights(), scale.get_weights(), strict=True):
            np.testing.assert_array_equal(now, was)
    assert any((one != other).any() for one, other in zip(after[0].get_weights(), after[1].get_weights(), strict=True))


def test_what_has_no_counterpart_keeps_its_random_weights(models):
    fresh, carried = new_model("g1_g2", 1), models["g1_g2"]
    for pick in (
        lambda model: model.generator.enhancers[0],
        lambda model: model.generator.top,
        lambda model: model.discriminator.scales[0],
    ):
        for got, want in zip(pick(carried).get_weights(), pick(fresh).get_weights(), strict=True):
            np.testing.assert_array_equal(got, want)


def test_the_encoder_is_kept(models):
    for fine in ("g1_g2", "g1_g2_g3"):
        for got, want in zip(models[fine].encoder.get_weights(), models["g1"].encoder.get_weights(), strict=True):
            np.testing.assert_array_equal(got, want)


def test_networks_of_the_same_size_are_taken_whole(models):
    model, config = new_model("g1_g2", 8), CONFIG.at("g1_g2")
    carry_over(weights_of(models["g1_g2"]), config, model, config, "here")
    assert_same(weights_of(model), weights_of(models["g1_g2"]))


def test_networks_that_are_not_there_keep_their_random_weights(models):
    model, fresh, config = new_model("g1", 8), weights_of(new_model("g1", 8)), CONFIG.at("g1")
    weights = weights_of(models["g1"])
    carry_over({"generator": weights["generator"]}, config, model, config, "imported")
    assert_same(weights_of(model), {**fresh, "generator": weights["generator"]})


def test_weights_of_a_model_are_copies(models):
    model = new_model("g1", 0)
    weights = weights_of(model)
    before = {name: {path: array.copy() for path, array in arrays.items()} for name, arrays in weights.items()}
    for network in (model.generator, model.discriminator, model.encoder):
        for variable in network.variables:
            variable.assign(variable + 1)
    assert_same(weights, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"generator": replace(CONFIG.generator, filters=3)},
            r"runs/a: generator: global_generator/\S+ has shape \(\S.*\) but is of shape \(.*\) in the new network; use the same",
        ),
        (
            {"discriminator": replace(CONFIG.discriminator, num_layers=1)},
            r"runs/a: discriminator: scale_1/\S+ has shape \(.*\) but is (of shape|absent).*; use the same filters, layers",
        ),
        (
            {"encoder": replace(CONFIG.encoder, feature_channels=4)},
            r"runs/a: (generator|encoder): \S+ has shape \(.*\) but is of shape .*feature channels",
        ),
    ],
)
def test_networks_that_do_not_grow_out_of_each_other_are_named_in_one_line(models, change, message):
    config = replace(CONFIG, **change)
    model = new_model("g1_g2", 3, config)
    before = weights_of(model)
    with pytest.raises(InputError, match=message) as caught:
        carry_over(weights_of(models["g1"]), CONFIG.at("g1"), model, config.at("g1_g2"), "runs/a")
    assert "\n" not in str(caught.value)
    assert_same(weights_of(model), before)


def test_weights_of_a_finer_stage_are_refused(models):
    model = new_model("g1", 3)
    before = weights_of(model)
    message = r"^runs/a: its networks have more enhancers or discriminators than those of stage 'g1'; name a later stage"
    with pytest.raises(InputError, match=message):
        carry_over(weights_of(models["g1_g2"]), CONFIG.at("g1_g2"), model, CONFIG.at("g1"), "runs/a")
    assert_same(weights_of(model), before)


def moved(model: Pix2PixHD) -> set[str]:
    """The parts of the model of which a step moves a kernel."""
    before = weights_of(model)
    tf.function(model.train_step)(random_batch())
    after = weights_of(model)
    return {
        f"{name}/{path.split('/')[0]}" if name == "generator" else name
        for name, arrays in before.items()
        for path, array in arrays.items()
        if path.endswith("kernel") and (after[name][path] != array).any()
    }


def test_only_the_newest_enhancer_of_the_generator_is_trained_alone_and_all_of_it_after():
    alone = new_model("g3_alone", 0)
    before = network_arrays(alone.generator)
    assert moved(alone) == {"generator/enhancer_0", "generator/top", "discriminator", "encoder"}
    after = network_arrays(alone.generator)
    for path in before:
        if path.startswith(("global_generator/", "enhancer_1/")):
            np.testing.assert_array_equal(after[path], before[path], err_msg=path)
    joint = new_model("g1_g2_g3", 1)
    carry_over(weights_of(alone), CONFIG.at("g3_alone"), joint, CONFIG.at("g1_g2_g3"), "alone")
    parts = {"global_generator", "enhancer_0", "enhancer_1", "top"}
    assert moved(joint) == {f"generator/{part}" for part in parts} | {"discriminator", "encoder"}


def test_a_generator_without_enhancers_cannot_be_frozen(models):
    with pytest.raises(InputError, match=r"no enhancer to train alone; set generator\.num_enhancers"):
        freeze(models["g1"])
