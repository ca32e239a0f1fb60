from __future__ import annotations

import dataclasses
import json

import pytest

from tests.tiny_run import LABEL_SET
from tests.tiny_training import random_batch, tiny_model, training_config
from tfhd.config import Config, GeneratorConfig, LossConfig, StageConfig
from tfhd.training.planning import StagePlan, plan_stages, to_json


def changed(config: Config, **groups: dict) -> Config:
    """The configuration with fields of its groups replaced, for instance `training={"pool_size": 2}`."""
    return dataclasses.replace(
        config, **{name: dataclasses.replace(getattr(config, name), **fields) for name, fields in groups.items()}
    )


def planned(config: Config, num_classes: int = LABEL_SET.num_classes) -> StagePlan:
    (stage,) = plan_stages(config, num_classes)
    return stage


def lean(**fields) -> Config:
    """A tiny experiment that saves what memory it can, so that no savings are traced beside it; no encoder."""
    training = {"recompute": True, "precision": "mixed_bfloat16", **fields}
    return changed(training_config(feature_channels=0), training=training)


@pytest.fixture(scope="module")
def tiny() -> StagePlan:
    return planned(training_config())


def test_parameters_are_those_of_the_original() -> None:
    config = changed(Config(), data={"height": 64, "width": 64}, training={"precision": "mixed_bfloat16", "recompute": True})
    assert planned(config, num_classes=35).parameters == {
        "generator": 182_546_755 + 3 * 7 * 7 * 64,  # with 36 input channels, and the three of the encoder
        "discriminator": 3 * 2_801_601,
        "encoder": 788_803,
        "vgg19": 12_944_960,  # up to block5_conv1
    }


def test_weights_and_optimizer_are_those_of_the_model(tiny: StagePlan) -> None:
    model = tiny_model()
    weights = sum(network.count_params() for network in (model.generator, model.discriminator, model.encoder))
    assert tiny.memory.weights == 4 * weights
    assert tiny.memory.optimizer == pytest.approx(8 * weights, rel=0.01)  # two moments, and a few numbers
    assert sum(tiny.parameters.values()) == weights


def test_the_parts_add_up(tiny: StagePlan) -> None:
    memory = tiny.memory
    tensors = memory.weights + memory.optimizer + memory.averages + memory.gradients + memory.activations
    assert memory.total == tensors + memory.gaps + memory.program
    assert memory.card == 6
    assert dataclasses.replace(memory, activations=10**13).card is None


def test_a_step_costs_at_least_its_picture(tiny: StagePlan) -> None:
    batch = random_batch()
    assert tiny.memory.activations > 2 * sum(4 * tensor.shape.num_elements() for tensor in batch.values())
    assert (tiny.pictures, tiny.height, tiny.width) == (1, *batch["label"].shape[1:])


def test_larger_pictures_cost_more() -> None:
    small, large = planned(lean()), planned(changed(lean(), data={"height": 64, "width": 96}))
    assert 3 < large.memory.activations / small.memory.activations < 4.5
    assert 3 < large.flops / small.flops < 4.2
    assert large.parameters == small.parameters


def test_a_batch_in_parts_costs_little_more_than_one_part(tiny: StagePlan) -> None:
    two = changed(training_config(), data={"batch_size": 2})
    whole, parts = planned(two), planned(changed(two, training={"accumulate": 2}))
    assert parts.memory.activations == tiny.memory.activations < whole.memory.activations
    assert parts.flops == 2 * tiny.flops
    assert parts.memory.gradients > tiny.memory.gradients
    assert "--training.accumulate 2" in whole.memory_with
    assert "--training.accumulate 2" not in parts.memory_with


def test_averages_are_copies_of_the_generator(tiny: StagePlan) -> None:
    averaged = planned(lean(average_decay=0.9))
    assert averaged.memory.averages == 4 * averaged.parameters["generator"]
    assert tiny.memory.averages == 0


def test_recomputed_blocks_keep_less() -> None:
    blocks = {"num_residual_blocks": 9, "num_downsamples": 1, "filters": 16}
    config = changed(lean(recompute=False), generator=blocks, data={"height": 64, "width": 96})
    stage = planned(config)
    assert list(stage.memory_with) == ["--training.recompute"]
    assert stage.memory_with["--training.recompute"].activations < 0.9 * stage.memory.activations
    recomputing = planned(changed(config, training={"recompute": True}))
    assert recomputing.memory == stage.memory_with["--training.recompute"]
    assert recomputing.flops > stage.flops


@pytest.mark.parametrize("setting", [{"pool_size": 2}, {"precision": "mixed_float16"}, {"jit": True}])
def test_every_kind_of_step_can_be_planned(setting: dict) -> None:
    assert planned(lean(**setting)).memory.activations > 0


def test_the_vgg_loss_is_planned_without_its_weights(tiny: StagePlan) -> None:
    stage = planned(training_config(perceptual_weight=10.0, vgg_weights="nowhere.npz"))
    assert stage.memory.weights - tiny.memory.weights == 4 * stage.parameters["vgg19"]
    assert stage.memory.optimizer == tiny.memory.optimizer
    assert stage.flops > tiny.flops


def test_each_stage_has_its_own_size_and_the_last_its_savings() -> None:
    config = dataclasses.replace(
        training_config(),
        generator=GeneratorConfig(filters=2, num_enhancers=1, num_downsamples=2, num_residual_blocks=1),
        loss=LossConfig(perceptual_weight=0.0),
        data=dataclasses.replace(training_config().data, height=64, width=96),
        stages={"coarse": StageConfig(halvings=1), "joint": StageConfig()},
    )
    told = []
    coarse, joint = plan_stages(config, LABEL_SET.num_classes, told.append)
    assert [(stage.name, stage.width, stage.height) for stage in (coarse, joint)] == [("coarse", 48, 32), ("joint", 96, 64)]
    assert (bool(coarse.memory_with), len(joint.memory_with)) == (False, 3)
    assert told[:2] == ["stage coarse", "stage joint"]
    stages = json.loads(to_json([coarse, joint]))["stages"]
    assert [stage["memory"]["total"] for stage in stages] == [coarse.memory.total, joint.memory.total]
    assert stages[1]["memory_with"]["--training.recompute"]["card_gib"] == 6
