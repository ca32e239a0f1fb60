from __future__ import annotations

import dataclasses
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfhd.config import (
    Config,
    DataConfig,
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
    LossConfig,
    StageConfig,
    TrainingConfig,
)
from tfhd.errors import InputError
from tfhd.readers import READERS

counts = st.integers(1, 10_000)
counts_or_none = st.integers(0, 10_000)
weights = st.floats(0, 1e6)
trainings = st.builds(
    TrainingConfig,
    learning_rate=st.floats(1e-12, 1e3),
    beta_1=st.floats(0, 0.999),
    precision=st.sampled_from(["float32", "mixed_bfloat16", "mixed_float16"]),
    recompute=st.booleans(),
    jit=st.booleans(),
    accumulate=st.sampled_from([1, 2, 3]),
    average_decay=st.floats(0, 0.9999),
    pool_size=counts_or_none,
    seed=st.integers(0, 2**32 - 1),
    deterministic=st.booleans(),
    log_every=counts,
    samples_every=counts,
    validate_every=counts,
    checkpoint_every=counts,
    keep=counts,
)


@st.composite
def stages(draw: st.DrawFn, num_enhancers: int) -> dict[str, StageConfig]:
    """Stages that halve no more often than there are enhancers, 2 times at most."""
    most = min(2, num_enhancers)
    halvings = [*sorted(draw(st.lists(st.integers(0, most), max_size=4)), reverse=True), 0]
    found = {}
    for halved in halvings:
        trained = draw(st.sampled_from(["all", "enhancer"])) if num_enhancers > halved else "all"
        name = draw(st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in found))
        found[name] = StageConfig(draw(counts_or_none), draw(counts), halved, trained)
    return found


@st.composite
def configs(draw: st.DrawFn) -> Config:
    training, num_enhancers = draw(trainings), draw(st.integers(0, 3))
    resizes = ["exact", "crop", "scale_width_and_crop"] + ["scale_width"] * (training.pool_size == 0)
    return Config(
        data=DataConfig(
            format=draw(st.sampled_from(list(READERS))),
            root=draw(st.text()),
            label_set=draw(st.text()),
            height=4 * draw(counts),
            width=4 * draw(st.integers(1, 256)),
            resize=draw(st.sampled_from(resizes)),
            load_width=draw(st.integers(1024, 4096)),
            flip=draw(st.booleans()),
            instance_edges=draw(st.booleans()),
            batch_size=training.accumulate * draw(counts),
            street_count=draw(counts),
        ),
        generator=GeneratorConfig(
            filters=draw(counts),
            num_enhancers=num_enhancers,
            num_downsamples=draw(counts),
            num_residual_blocks=draw(counts_or_none),
            num_local_residual_blocks=draw(counts_or_none),
            padding=draw(st.sampled_from(["zero", "reflect"])),
            upsample=draw(st.sampled_from(["transpose", "resize"])),
        ),
        discriminator=DiscriminatorConfig(filters=draw(counts), num_layers=draw(counts), num_scales=draw(counts)),
        encoder=EncoderConfig(
            feature_channels=draw(counts_or_none), filters=draw(counts), num_downsamples=draw(counts), num_clusters=draw(counts)
        ),
        loss=LossConfig(
            gan=draw(st.sampled_from(["least_squares", "hinge", "vanilla"])),
            feature_matching_weight=draw(weights),
            perceptual_weight=draw(weights),
            vgg_weights=draw(st.text()),
            vgg_normalize=draw(st.booleans()),
        ),
        training=training,
        stages=draw(stages(num_enhancers)),
    )


def edited(section: str, key: str, value: object) -> str:
    """The default configuration's JSON with one value changed or added."""
    document = json.loads(Config().to_json())
    document[section][key] = value
    return json.dumps(document)


def complaint(text: str) -> str:
    with pytest.raises(InputError) as caught:
        Config.from_json(text, "run/config.json")
    message = str(caught.value)
    assert message.startswith("run/config.json: ")
    assert "\n" not in message
    return message


@given(configs())
def test_json_round_trip_gives_the_same_configuration(config):
    again = Config.from_json(config.to_json())
    assert again == config
    assert list(again.stages) == list(config.stages), "the order of the stages is that of training"


@given(configs())
def test_every_stage_is_an_experiment_that_survives_a_round_trip(config):
    for name in config.stages:
        stage = config.at(name)
        assert list(stage.stages) == [name]
        assert stage.at(name) == stage
        assert Config.from_json(stage.to_json()) == stage


def test_json_names_every_field():
    document = json.loads(Config().to_json())
    document["stages"] = document["stages"]["global"]
    sections = {field.name: getattr(Config(), field.name) for field in dataclasses.fields(Config)} | {"stages": StageConfig()}
    for name, section in sections.items():
        assert document.pop(name).keys() == {inner.name for inner in dataclasses.fields(section)}
    assert not document


def test_missing_keys_take_their_defaults():
    assert Config.from_json('{"data": {"height": 256}}') == Config(data=DataConfig(height=256))


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().data.height = 3


@pytest.mark.parametrize(
    ("section", "key"),
    [(field.name, "foo") for field in dataclasses.fields(Config) if field.name != "stages"] + [("data", "heigth")],
)
def test_unknown_keys_are_named(section, key):
    message = complaint(edited(section, key, 3))
    assert f"{section}.{key}" in message
    assert "Unexpected keyword argument" in message


def test_unknown_sections_are_named():
    assert "networks: Unexpected" in complaint('{"networks": {}}')


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("data", "height", "tall", "integer"),
        ("data", "height", 1.5, "integer"),
        ("data", "height", None, "integer"),
        ("data", "flip", "maybe", "boolean"),
        ("data", "root", 3, "string"),
        ("data", "format", "zip", "'streets', 'folder' or 'cityscapes'"),
        ("loss", "gan", "wgan", "'least_squares', 'hinge' or 'vanilla'"),
        ("loss", "perceptual_weight", [1], "number"),
        ("training", "precision", "float16", "'float32', 'mixed_bfloat16' or 'mixed_float16'"),
    ],
)
def test_values_of_a_wrong_type_are_named_with_what_was_expected(section, key, value, expected):
    message = complaint(edited(section, key, value))
    assert f"{section}.{key}: " in message
    assert expected in message
    assert repr(value) in message


OUT_OF_RANGE = [
    ("data", "height", 0),
    ("data", "width", -1),
    ("data", "batch_size", 0),
    ("data", "street_count", 0),
    ("generator", "filters", 0),
    ("generator", "num_downsamples", 0),
    ("generator", "num_enhancers", -1),
    ("generator", "num_residual_blocks", -1),
    ("discriminator", "num_scales", 0),
    ("discriminator", "num_layers", 0),
    ("encoder", "feature_channels", -1),
    ("encoder", "num_clusters", 0),
    ("loss", "perceptual_weight", -0.1),
    ("loss", "feature_matching_weight", float("nan")),
    ("loss", "feature_matching_weight", float("inf")),
    ("training", "learning_rate", 0.0),
    ("training", "learning_rate", float("nan")),
    ("training", "learning_rate", float("inf")),
    ("training", "beta_1", 1.0),
    ("training", "beta_1", -0.1),
    ("training", "average_decay", 1.0),
    ("training", "average_decay", float("nan")),
    ("training", "pool_size", -1),
    ("training", "accumulate", 0),
    ("training", "seed", -1),
    ("training", "seed", 2**32),
    ("training", "log_every", 0),
    ("training", "samples_every", 0),
    ("training", "validate_every", 0),
    ("training", "checkpoint_every", 0),
    ("training", "keep", 0),
]


@pytest.mark.parametrize(("section", "key", "value"), OUT_OF_RANGE)
def test_values_out_of_range_are_named_in_code_and_in_json_alike(section, key, value):
    kind = type(getattr(Config(), section))
    with pytest.raises(InputError, match=rf"^{section}\.{key} is {value}; it must ") as caught:
        kind(**{key: value})
    assert "\n" not in str(caught.value)
    assert f"{section}.{key} is {value}; it must " in complaint(edited(section, key, value))


def test_a_crop_wider_than_what_it_is_cut_from_is_refused():
    with pytest.raises(InputError, match=r"load_width 512 is less than data\.width 1024.*raise load_width"):
        DataConfig(resize="scale_width_and_crop", load_width=512)


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


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"data": 3}', '{"data": {"height": 3}} x'])
def test_what_is_no_configuration_is_refused(text):
    complaint(text)


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


def test_a_configuration_from_before_instance_edges_has_them():
    document = json.loads(Config().to_json())
    del document["data"]["instance_edges"]
    assert Config.from_json(json.dumps(document)) == Config()


def test_a_file_is_loaded_and_its_errors_name_it(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(InputError, match=rf"{path}: cannot read the configuration \(No such file or directory\)"):
        Config.load(path)
    path.write_text(Config().to_json())
    assert Config.load(path) == Config.load(str(path)) == Config()
    path.write_text('{"data": {"foo": 1}}')
    with pytest.raises(InputError, match=rf"{path}: data\.foo: "):
        Config.load(path)
    path.write_bytes(b"\x89PNG\xff")
    with pytest.raises(InputError, match=rf"{path}: cannot read the configuration \(not UTF-8 text\)"):
        Config.load(path)


@pytest.mark.parametrize("name", ["", "Global", "a.b", "a,b", "a b", "1st"])
def test_a_stage_has_a_name_that_flags_and_tables_can_hold(name):
    with pytest.raises(InputError, match=r"is no name for a stage; use small letters"):
        Config(stages={name: StageConfig()})
