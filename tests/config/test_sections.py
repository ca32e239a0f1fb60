from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given

from tests.config.random_configs import complaint, configs, edited
from tfhd.config import Config, DataConfig, StageConfig
from tfhd.errors import InputError


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
        ("data", "format", "zip", "'streets', 'folder', 'cityscapes' or 'tfds'"),
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


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"data": 3}', '{"data": {"height": 3}} x'])
def test_what_is_no_configuration_is_refused(text):
    complaint(text)


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
