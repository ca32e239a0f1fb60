from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.full_disk import largest_file
from tests.tiny_checkpoints import STATE, assert_same, at, trained_model
from tests.tiny_run import LABEL_SET, tiny_config, write_run
from tests.tiny_training import tiny_model, training_config
from tfhd.config import StageConfig
from tfhd.errors import InputError
from tfhd.runs import load_run, read_run, write_config_and_label_set
from tfhd.runs.checkpoint_files import TrainingState, find_checkpoint, network_arrays, read_arrays, read_state
from tfhd.training import Pix2PixHD, build_model
from tfhd.training.checkpoints import save_checkpoint


@pytest.fixture(scope="module")
def trained() -> Pix2PixHD:
    """A model after two steps. Tests must not train it."""
    return trained_model()


@pytest.fixture
def run(tmp_path, trained) -> Path:
    """A run folder with two checkpoints: step 12, the best, with the weights of `trained`, and step 13 with zeros."""
    folder = tmp_path / "run"
    write_config_and_label_set(folder, training_config(), LABEL_SET)
    save_checkpoint(folder / "checkpoints", trained, STATE)
    zeros = tiny_model(training={"average_decay": 0.9})
    for variable in (*zeros.generator.variables, *zeros.encoder.variables, *zeros.averages.by_path().values()):
        variable.assign(variable * 0)
    save_checkpoint(folder / "checkpoints", zeros, at(13, l1=0.5))
    return folder


def test_the_networks_of_a_run_come_from_the_checkpoint_and_the_weights_that_are_asked_for(run, trained):
    parts = {name: network_arrays(network) for name, network in trained.networks_for_synthesis.items()}
    own = {f"{name}/{path}": array for name, arrays in parts.items() for path, array in arrays.items()}
    averaged = {path: variable.numpy() for path, variable in trained.averages.by_path().items()}
    assert any((own[path] != averaged[path]).any() for path in own)
    for options, expected in (
        ({"checkpoint": "best"}, averaged),
        ({"checkpoint": "best", "weights": "raw"}, own),
        ({}, {path: array * 0 for path, array in own.items()}),
    ):
        networks = load_run(run, **options).networks
        parts = {name: network_arrays(network) for name, network in networks.for_synthesis().items()}
        loaded = {f"{name}/{path}": array for name, arrays in parts.items() for path, array in arrays.items()}
        assert_same(loaded, expected)


def test_weights_are_named_by_checkpoint_and_kind(run):
    assert load_run(run).weights_name == "step-00000013 averaged"
    assert load_run(run, "best", "raw").weights_name == "step-00000012 raw"
    (run / "checkpoints" / "step-00000012" / "averages.npz").unlink()
    assert load_run(run, "best").weights_name == "step-00000012 raw"


def test_without_averages_the_weights_themselves_are_loaded(run, trained):
    (run / "checkpoints" / "step-00000012" / "averages.npz").unlink()
    networks = load_run(run, checkpoint="best").networks
    assert_same(network_arrays(networks.generator), network_arrays(trained.generator))


def test_damaged_averages_are_named(run):
    path = run / "checkpoints" / "step-00000013" / "averages.npz"
    arrays = read_arrays(path)
    arrays.pop(next(key for key in arrays if key.startswith("encoder/")))
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=rf"^{path}: holds other variables than the networks"):
        load_run(run)
    path.write_bytes(path.read_bytes()[:999])
    with pytest.raises(InputError, match=rf"^{path}: cannot read the checkpoint"):
        load_run(run)


def test_a_checkpoint_of_a_stage_has_the_networks_of_that_stage(tmp_path):
    whole = training_config()
    stages = {"coarse": StageConfig(1, 0, 1), "fine": StageConfig(1, 0)}
    config = replace(whole, generator=replace(whole.generator, num_enhancers=1), stages=stages)
    write_config_and_label_set(tmp_path, config, LABEL_SET)
    model = build_model(config.at("coarse"), LABEL_SET.num_classes, 1)
    save_checkpoint(tmp_path / "checkpoints", model, at(3, "coarse"))
    found = load_run(tmp_path)
    assert found.config == config.at("coarse")
    assert_same(network_arrays(found.networks.generator), network_arrays(model.generator))
    save_checkpoint(tmp_path / "checkpoints", model, at(4, "medium"))
    with pytest.raises(InputError, match=r"step-00000004: is of stage 'medium', which .*config\.json does not name"):
        read_run(tmp_path)


def test_networks_trained_elsewhere_belong_to_the_last_stage(tmp_path):
    networks = write_run(tmp_path / "run", tiny_config(), styles=False)
    state = read_state(find_checkpoint(tmp_path / "run" / "checkpoints"))
    assert state == TrainingState()
    found = load_run(tmp_path / "run")
    assert (found.config, found.label_set.name) == (tiny_config(), "tiny")
    for name in ("generator", "encoder"):
        assert_same(network_arrays(getattr(found.networks, name)), network_arrays(getattr(networks, name)))


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(InputError, match=r"config\.json: cannot read the configuration .*give a run folder"):
        load_run(tmp_path)


# Less than the label set, and less than the configuration alone.
@pytest.mark.parametrize("size", [10, 1000])
def test_a_disk_too_full_for_the_description_leaves_neither_file_and_those_before(tmp_path, size):
    config = tiny_config()
    assert len(LABEL_SET.to_json()) < 1000 < len(config.to_json())
    with (
        largest_file(size),
        pytest.raises(InputError, match=rf"^{tmp_path}: cannot write the run folder \(File too large\); choose another --out$"),
    ):
        write_config_and_label_set(tmp_path, config, LABEL_SET)
    assert list(tmp_path.iterdir()) == []
