from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfhd.config import Config, DataConfig, DiscriminatorConfig, EncoderConfig, GeneratorConfig, LossConfig, TrainingConfig
from tfhd.errors import InputError

counts = st.integers(1, 10_000)
counts_or_none = st.integers(0, 10_000)
weights = st.floats(0, 1e6)
configs = st.builds(
    Config,
    data=st.builds(
        DataConfig,
        format=st.sampled_from(["streets", "folder", "cityscapes"]),
        root=st.text(),
        label_set=st.text(),
        height=counts,
        width=st.integers(1, 1024),
        resize=st.sampled_from(["exact", "scale_width", "crop", "scale_width_and_crop"]),
        load_width=st.integers(1024, 4096),
        flip=st.booleans(),
        batch_size=counts,
        street_count=counts,
    ),
    generator=st.builds(
        GeneratorConfig,
        filters=counts,
        num_enhancers=counts_or_none,
        num_downsamples=counts,
        num_residual_blocks=counts_or_none,
        num_local_residual_blocks=counts_or_none,
        padding=st.sampled_from(["zero", "reflect"]),
        upsample=st.sampled_from(["transpose", "resize"]),
    ),
    discriminator=st.builds(DiscriminatorConfig, filters=counts, num_layers=counts, num_scales=counts),
    encoder=st.builds(
        EncoderConfig, feature_channels=counts_or_none, filters=counts, num_downsamples=counts, num_clusters=counts
    ),
    loss=st.builds(
        LossConfig,
        gan=st.sampled_from(["least_squares", "hinge", "vanilla"]),
        feature_matching_weight=weights,
        perceptual_weight=weights,
        vgg_weights=st.text(),
        vgg_normalize=st.booleans(),
    ),
    training=st.builds(
        TrainingConfig,
        learning_rate=st.floats(1e-12, 1e3),
        beta_1=st.floats(0, 0.999),
        epochs=counts_or_none,
        decay_epochs=counts,
        precision=st.sampled_from(["float32", "mixed_bfloat16", "mixed_float16"]),
        seed=st.integers(0, 2**32 - 1),
        samples_every=counts,
        checkpoint_every=counts,
        validate_every=counts,
    ),
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


@given(configs)
def test_json_round_trip_gives_the_same_configuration(config):
    assert Config.from_json(config.to_json()) == config


def test_json_names_every_field():
    document = json.loads(Config().to_json())
    for field in dataclasses.fields(Config):
        assert document[field.name].keys() == {inner.name for inner in dataclasses.fields(getattr(Config(), field.name))}


def test_missing_keys_take_their_defaults():
    assert Config.from_json('{"data": {"height": 256}}') == Config(data=DataConfig(height=256))


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().data.height = 3


@pytest.mark.parametrize(
    ("section", "key"),
    [(field.name, "foo") for field in dataclasses.fields(Config)] + [("data", "heigth")],
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
    ("training", "epochs", -1),
    ("training", "seed", -1),
    ("training", "seed", 2**32),
    ("training", "checkpoint_every", 0),
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


def test_no_epochs_at_all_are_refused():
    with pytest.raises(InputError, match=r"nothing to train"):
        TrainingConfig(epochs=0, decay_epochs=0)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"data": 3}', '{"data": {"height": 3}} x'])
def test_what_is_no_configuration_is_told(text):
    complaint(text)


def test_sizes_must_suit_generator_and_encoder():
    assert Config().size_multiple == 16
    assert Config(generator=GeneratorConfig(num_downsamples=4, num_enhancers=2)).size_multiple == 64
    assert Config(generator=GeneratorConfig(num_downsamples=2)).size_multiple == 16  # the encoder's
    without = Config(generator=GeneratorConfig(num_downsamples=2), encoder=EncoderConfig(feature_channels=0))
    assert without.size_multiple == 4


def test_a_file_is_loaded_and_its_faults_name_it(tmp_path):
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
