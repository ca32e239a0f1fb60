from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tfhd.config import Config
from tfhd.label_sets import load_label_set
from tfhd.presets import PRESETS
from tfhd.train.fit import parse_fit

NAMES = list(PRESETS)


def command_line(name: str) -> list[str]:
    """The arguments in the last line of a preset's help."""
    words = shlex.split(PRESETS[name][0].splitlines()[-1])
    assert words[:3] == ["tfhd", "train", "fit"]
    return words[3:]


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_survives_its_run_folder(name):
    config = PRESETS[name][1]
    assert Config.from_json(config.to_json()) == config


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_a_preset_suit_its_networks(name):
    config = PRESETS[name][1]
    assert config.data.height % config.size_multiple == 0
    assert config.data.width % config.size_multiple == 0
    # Reflection padding in the residual blocks needs two rows and columns after all downsampling.
    assert min(config.data.height, config.data.width) >= 2 * config.size_multiple


@pytest.mark.parametrize("name", NAMES)
def test_the_label_set_of_a_preset_is_known(name):
    assert load_label_set(PRESETS[name][1].data.label_set).num_classes > 1


@pytest.mark.parametrize("name", NAMES)
def test_the_command_in_the_help_of_a_preset_runs_it(name):
    options = parse_fit(command_line(name), "tfhd train fit")
    assert options.config.generator == PRESETS[name][1].generator
    assert options.out == Path("runs") / name.removeprefix("streets-")
    assert (options.config.data.root == "") == (options.config.data.format == "streets")
