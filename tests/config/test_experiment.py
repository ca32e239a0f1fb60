from __future__ import annotations

import dataclasses
import json
import re

import pytest

from tests.config.random_configs import complaint
from tfhd.config import Config, DataConfig, DiscriminatorConfig, EncoderConfig, GeneratorConfig, StageConfig, TrainingConfig
from tfhd.errors import InputError

THREE = Config(
    data=DataConfig(height=512, width=1024, load_width=1200),
    generator=GeneratorConfig(filters=16, num_enhancers=2),
    stages={
        "global": StageConfig(200, 100, 2),
        "first": StageConfig(halvings=1, trained="enhancer"),
        "first_joint": StageConfig(halvings=1),
        "second": StageConfig(trained="enhancer"),
        "joint": StageConfig(10, 0),
    },
)


def test_a_stage_halves_pictures_and_leaves_out_the_newest_networks():
    found = [THREE.at(name) for name in THREE.stages]
    assert [(at.data.height, at.data.width, at.data.load_width) for at in found] == [
        (128, 256, 300),
        (256, 512, 600),
        (256, 512, 600),
        (512, 1024, 1200),
        (512, 1024, 1200),
    ]
    # The coarsest generator keeps its width: 64 filters at a quarter of the size, 16 around it at full size.
    assert [(at.generator.filters, at.generator.num_enhancers) for at in found] == [(64, 0), (32, 1), (32, 1), (16, 2), (16, 2)]
    assert [at.discriminator.num_scales for at in found] == [1, 2, 2, 3, 3]
    assert [stage.trained for at in found for stage in at.stages.values()] == ["all", "enhancer", "all", "enhancer", "all"]
    assert (found[0].stages["global"].epochs, found[0].stages["global"].decay_epochs) == (200, 100)
    assert (found[0].encoder, found[0].loss, found[0].training) == (THREE.encoder, THREE.loss, THREE.training)


def test_one_discriminator_stays_however_often_pictures_are_halved():
    config = dataclasses.replace(THREE, discriminator=DiscriminatorConfig(num_scales=2))
    assert [config.at(name).discriminator.num_scales for name in config.stages] == [1, 1, 1, 2, 2]


def test_a_configuration_of_one_stage_is_that_stage():
    assert Config().at("global") == Config()


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({}, "stages is empty; name at least one"),
        ({"a": StageConfig(), "b": StageConfig(halvings=1)}, r"stages halve \[0, 1\] times; halvings must fall .* down to 0"),
        ({"a": StageConfig(halvings=1)}, r"stages halve \[1\] times; halvings must fall .* down to 0 in the last"),
        (
            {"far": StageConfig(halvings=3), "b": StageConfig()},
            r"stages\.far: generator\.num_enhancers 2 is too low for its halvings 3 .*raise generator\.num_enhancers",
        ),
        (
            {"a": StageConfig(halvings=2, trained="enhancer"), "b": StageConfig()},
            r"stages\.a: generator\.num_enhancers 2 is too low for its halvings 2 and trained 'enhancer'",
        ),
    ],
)
def test_stages_that_do_not_grow_into_each_other_are_refused(stages, message):
    with pytest.raises(InputError, match=message) as caught:
        dataclasses.replace(THREE, stages=stages)
    assert "\n" not in str(caught.value)
    document = json.loads(THREE.to_json()) | {"stages": {name: dataclasses.asdict(stage) for name, stage in stages.items()}}
    assert re.search(message, complaint(json.dumps(document)))


@pytest.mark.parametrize("change", [{"height": 510}, {"width": 1022}])
def test_pictures_that_cannot_be_halved_for_a_stage_are_refused(change):
    with pytest.raises(InputError, match=r"stages\.global: data\.width x data\.height \d+x\d+ cannot be divided by 4"):
        dataclasses.replace(THREE, data=dataclasses.replace(THREE.data, **change))


@pytest.mark.parametrize("key", ["epochs", "decay_epochs", "halvings"])
def test_negative_numbers_of_a_stage_are_refused(key):
    with pytest.raises(InputError, match=rf"a stage's {key} is -1; it must not be negative"):
        StageConfig(**{key: -1})


def test_no_epochs_at_all_are_refused():
    with pytest.raises(InputError, match=r"nothing to train"):
        StageConfig(epochs=0, decay_epochs=0)


def test_unknown_keys_of_a_stage_are_named():
    document = json.loads(THREE.to_json())
    document["stages"]["first_joint"]["epoch"] = 3
    assert "stages.first_joint.epoch: Unexpected keyword argument" in complaint(json.dumps(document))


def test_a_pool_needs_pictures_of_one_size():
    with pytest.raises(InputError, match=r"training\.pool_size keeps pictures of one size but data\.resize scale_width"):
        Config(data=DataConfig(resize="scale_width"), training=TrainingConfig(pool_size=3))


def test_parts_of_a_batch_must_be_equal():
    assert Config(data=DataConfig(batch_size=4), training=TrainingConfig(accumulate=2))
    with pytest.raises(InputError, match=r"training\.accumulate is 3; it must divide data\.batch_size 4"):
        Config(data=DataConfig(batch_size=4), training=TrainingConfig(accumulate=3))


def test_sizes_must_suit_generator_and_encoder():
    assert Config().size_multiple == 16
    assert Config(generator=GeneratorConfig(num_downsamples=4, num_enhancers=2)).size_multiple == 64
    assert Config(generator=GeneratorConfig(num_downsamples=2)).size_multiple == 16  # the encoder's
    without = Config(generator=GeneratorConfig(num_downsamples=2), encoder=EncoderConfig(feature_channels=0))
    assert without.size_multiple == 4


def test_the_smallest_size_is_that_of_generator_and_encoder():
    assert Config().smallest_size == 32
    generator = GeneratorConfig(num_downsamples=2)
    assert Config(generator=generator, encoder=EncoderConfig(num_downsamples=6)).smallest_size == 64  # the encoder's
    assert Config(generator=generator, encoder=EncoderConfig(feature_channels=0)).smallest_size == 8


@pytest.mark.parametrize("name", ["", "Global", "a.b", "a,b", "a b", "1st"])
def test_a_stage_has_a_name_that_flags_and_tables_can_hold(name):
    with pytest.raises(InputError, match=r"is no name for a stage; use small letters"):
        Config(stages={name: StageConfig()})
