from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.full_disk import largest_file
from tests.tiny_run import LABEL_SET, tiny_config, write_run
from tests.tiny_training import random_batch, tiny_model, training_config
from tfhd.config import StageConfig
from tfhd.errors import InputError
from tfhd.runs import load_run, read_run
from tfhd.runs.checkpoint_files import (
    TrainingState,
    assign_network,
    checkpoints,
    find_checkpoint,
    network_arrays,
    read_arrays,
    read_state,
)
from tfhd.training import Pix2PixHD, build_model
from tfhd.training.checkpoints import restore, save_checkpoint

STATE = TrainingState("global", 12, 2, 4, 0.25)
"""What the checkpoints of these tests are of: ten steps were done in earlier stages."""
FILES = ("generator", "discriminator", "encoder", "generator_optimizer", "discriminator_optimizer", "averages")


def variables(model: Pix2PixHD) -> dict[str, np.ndarray]:
    """Everything that decides how a training goes on."""
    networks = model.generator.variables + model.discriminator.variables + model.encoder.variables
    optimizers = [model.generator_optimizer, model.discriminator_optimizer]
    found = {variable.path: variable.numpy() for variable in networks}
    found |= {f"{i}/{j}": v.numpy() for i, optimizer in enumerate(optimizers) for j, v in enumerate(optimizer.variables)}
    found |= {f"averages/{path}": variable.numpy() for path, variable in model.averages.by_path().items()}
    return found | {"steps_done": model.steps_done.numpy()}


def update_averages(model: Pix2PixHD) -> None:
    model.averages.update(tf.distribute.get_strategy(), model.steps_done.value)


def assert_same(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> None:
    assert got.keys() == want.keys()
    for name, array in want.items():
        np.testing.assert_array_equal(got[name], array, err_msg=name)


@pytest.fixture(scope="module")
def trained() -> Pix2PixHD:
    """A model after two steps. Tests must not train it."""
    model = tiny_model(training={"average_decay": 0.9})
    for step in range(2):
        model.train_step(random_batch(step))
        update_averages(model)
    return model


@pytest.fixture(scope="module")
def other() -> Pix2PixHD:
    """A model of the same kind with other weights, for tests to restore into."""
    return tiny_model(seed=5, training={"average_decay": 0.9})


@pytest.fixture
def saved(tmp_path: Path, trained: Pix2PixHD) -> Path:
    return save_checkpoint(tmp_path, trained, STATE)


def at(step: int, stage: str = "global", l1: float | None = None) -> TrainingState:
    return TrainingState(stage, step, step, 1, l1)


def names(folder: Path) -> list[int]:
    """Steps of the checkpoints that are there."""
    return [int(path.name.removeprefix("step-")) for path in checkpoints(folder)]


def test_a_restored_model_is_the_same_and_goes_on_the_same_to_the_bit(tmp_path):
    model, restored = tiny_model(training={"average_decay": 0.9}), tiny_model(seed=5, training={"average_decay": 0.9})
    for step in range(2):
        model.train_step(random_batch(step))
        update_averages(model)
    restore(save_checkpoint(tmp_path, model, STATE), restored)
    assert_same(variables(restored), variables(model))
    for step in range(2, 4):
        losses = [one.train_step(random_batch(step)) for one in (model, restored)]
        assert {name: float(value) for name, value in losses[0].items()} == {k: float(v) for k, v in losses[1].items()}
        update_averages(model)
        update_averages(restored)
    assert_same(variables(restored), variables(model))


def test_a_loss_scale_and_the_steps_that_it_skipped_are_restored(tmp_path):
    model, restored = (tiny_model("mixed_float16", seed=seed, training={"average_decay": 0.9}) for seed in (0, 5))
    model.generator_optimizer.dynamic_scale.assign(1e38)
    model.train_step(random_batch())
    assert int(model.generator_optimizer.iterations.numpy()) == 0
    restore(save_checkpoint(tmp_path, model, at(1)), restored)
    assert_same(variables(restored), variables(model))


def test_a_checkpoint_is_named_after_all_steps_and_holds_plain_arrays_and_the_state(saved):
    assert saved.name == "step-00000012"
    assert {path.name for path in saved.iterdir()} == {f"{name}.npz" for name in FILES} | {"state.json"}
    for name in FILES:
        with np.load(saved / f"{name}.npz", allow_pickle=False) as arrays:
            assert {array.dtype.kind for array in arrays.values()} <= {"f", "i"}
    assert read_state(saved) == STATE


def test_the_image_pool_is_kept_with_its_types(tmp_path, trained, other, saved):
    pool = {"label": np.ones((2, 4, 8), np.int32), "image": np.linspace(-1, 1, 192, dtype=np.float32).reshape(2, 4, 8, 3)}
    restored = restore(save_checkpoint(tmp_path / "pooled", trained, STATE, pool), other)
    assert_same(restored, pool)
    assert {key: array.dtype for key, array in restored.items()} == {key: array.dtype for key, array in pool.items()}
    assert restore(saved, other) == {}


def test_only_the_newest_and_the_best_are_kept(tmp_path, trained):
    for step, l1 in ((8, 0.3), (9, 0.2), (10, None), (11, 0.4)):
        save_checkpoint(tmp_path, trained, at(step, l1=l1))  # keeps all
    assert names(tmp_path) == [8, 9, 10, 11]
    save_checkpoint(tmp_path, trained, at(12, l1=0.25), keep=2)
    assert names(tmp_path) == [9, 11, 12]
    assert find_checkpoint(tmp_path, "latest").name == "step-00000012"
    assert find_checkpoint(tmp_path, "best").name == "step-00000009"
    save_checkpoint(tmp_path, trained, at(13, l1=0.1), keep=2)
    assert names(tmp_path) == [12, 13]
    assert find_checkpoint(tmp_path, "best").name == "step-00000013"


def test_the_best_is_of_the_newest_stage_whose_pictures_alone_compare(tmp_path, trained):
    save_checkpoint(tmp_path, trained, at(8, "coarse", l1=0.01), keep=2)
    save_checkpoint(tmp_path, trained, at(9, "fine"), keep=2)
    assert find_checkpoint(tmp_path, "best").name == "step-00000009", "where none was measured it is the latest"
    save_checkpoint(tmp_path, trained, at(10, "fine", l1=0.2), keep=2)
    assert names(tmp_path) == [9, 10]
    save_checkpoint(tmp_path, trained, at(11, "fine", l1=0.3), keep=1)
    assert names(tmp_path) == [10, 11]
    assert find_checkpoint(tmp_path, "best").name == "step-00000010"


def test_saving_the_same_step_again_replaces_it(tmp_path, trained, other, saved):
    other.steps_done.assign(2)
    assert save_checkpoint(tmp_path, other, STATE) == saved
    assert checkpoints(tmp_path) == [saved]
    fresh = tiny_model(seed=7, training={"average_decay": 0.9})
    restore(saved, fresh)
    assert_same(variables(fresh), variables(other))


# Within the first file, within the largest, and within none but at its very end.
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_full_disk_is_told_in_a_line_and_leaves_nothing_half_written(tmp_path, trained, saved, other, share):
    largest = max(path.stat().st_size for path in saved.iterdir())
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    with (
        largest_file(int(share * largest)),
        pytest.raises(InputError, match=r"step-00000013: cannot write .*free disk") as caught,
    ):
        save_checkpoint(tmp_path, other, at(13), keep=1)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000012"]
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert save_checkpoint(tmp_path, other, at(13), keep=1).name == "step-00000013"  # once there is space again


def test_a_folder_that_cannot_be_made_is_told(tmp_path, trained):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"file/step-00000012: cannot write the checkpoint \(Not a directory\)"):
        save_checkpoint(tmp_path / "file", trained, STATE)


def test_a_partial_checkpoint_is_never_picked_and_does_not_hinder_the_next(tmp_path, trained, saved, other):
    # What a kill in the middle of writing step 13 leaves.
    partial = tmp_path / ".partial-step-00000013"
    partial.mkdir()
    (partial / "generator.npz").write_bytes((saved / "generator.npz").read_bytes()[:1000])
    assert checkpoints(tmp_path) == [saved]
    assert find_checkpoint(tmp_path) == saved
    assert save_checkpoint(tmp_path, other, at(13)) == find_checkpoint(tmp_path)
    assert not partial.exists()


def test_no_checkpoint_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no checkpoint there; run `python -m train fit`"):
        find_checkpoint(tmp_path / "none")


def truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]


DAMAGES = {"truncated": truncate, "empty": lambda _: b"", "one byte flipped": flip, "other text": lambda _: b"hello\n" * 99}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("name", ["generator", "discriminator_optimizer"])
def test_a_damaged_file_is_named_and_the_model_stays_as_it_was(saved, other, name, damage: Callable[[bytes], bytes]):
    path, before = saved / f"{name}.npz", variables(other)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=rf"{path}: cannot read the checkpoint \(.+\); remove {saved} ") as caught:
        restore(saved, other)
    assert "\n" not in str(caught.value)
    assert_same(variables(other), before)


def test_damage_anywhere_in_an_archives_frame_is_named_or_harmless(saved, other, trained):
    path = saved / "encoder.npz"
    data, complaints = path.read_bytes(), []
    # Its head, and the directory at its end, where zipfile and NumPy fail in many ways.
    for position in [*range(0, 130, 5), *range(len(data) - 400, len(data), 5)]:
        path.write_bytes(data[:position] + bytes([data[position] ^ 255]) + data[position + 1 :])
        try:
            restore(saved, other)
        except InputError as error:
            complaints.append(str(error))
        else:  # a byte that says nothing about the arrays, such as a time
            assert_same(variables(other), variables(trained))
    assert len(complaints) > 50
    assert all(text.startswith(f"{path}: ") and "\n" not in text for text in complaints)


def test_a_missing_file_and_a_damaged_state_are_named(saved, other):
    (saved / "encoder.npz").rename(saved / "aside.npz")
    with pytest.raises(InputError, match=r"encoder\.npz: cannot read the checkpoint \(No such file or directory\)"):
        restore(saved, other)
    (saved / "aside.npz").rename(saved / "encoder.npz")
    for text in ("", "[]", '{"step": null}', '{"step": "x"}', '{"steps": 3}', '{"step": 3}{'):
        (saved / "state.json").write_text(text)
        with pytest.raises(InputError, match=r"state\.json: cannot read the checkpoint"):
            restore(saved, other)


def test_another_configuration_is_refused(saved):
    wider = tiny_model(feature_channels=4, training={"average_decay": 0.9})
    before = variables(wider)
    with pytest.raises(InputError, match=r"generator\.npz: holds other variables .*use the configuration"):
        restore(saved, wider)
    assert_same(variables(wider), before)


def test_pickles_are_not_read(saved, other):
    with open(saved / "encoder.npz", "wb") as file:
        np.savez(file, **{"conv/kernel": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(InputError, match=r"encoder\.npz: cannot read"):
        restore(saved, other)


def test_a_damaged_pool_is_named_and_the_model_stays_as_it_was(saved, other):
    (saved / "image_pool.npz").write_bytes(b"hello")
    before = variables(other)
    with pytest.raises(InputError, match=rf"{saved}/image_pool\.npz: cannot read the checkpoint"):
        restore(saved, other)
    assert_same(variables(other), before)


def test_averages_are_demanded_only_where_the_run_keeps_them(saved):
    without, with_averages = tiny_model(), tiny_model(seed=3, training={"average_decay": 0.5})
    restore(saved, without)
    (saved / "averages.npz").unlink()
    with pytest.raises(InputError, match=r"averages\.npz: cannot read the checkpoint \(No such file or directory\)"):
        restore(saved, with_averages)


def test_arrays_of_a_network_are_copies_that_another_network_takes(trained, other):
    arrays = network_arrays(trained.encoder)
    before = {path: array.copy() for path, array in arrays.items()}
    assign_network(other.encoder, arrays, "here")
    assert_same(network_arrays(other.encoder), before)
    assign_network(other.encoder, {path: array * 0 for path, array in arrays.items()}, "here")
    assert_same(arrays, before)
    arrays.popitem()
    with pytest.raises(InputError, match=r"^here: holds other variables than the networks"):
        assign_network(other.encoder, arrays, "here")


@pytest.fixture
def run(tmp_path, trained) -> Path:
    """A run folder with two checkpoints: step 12, the best, with the weights of `trained`, and step 13 with zeros."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(training_config().to_json())
    (folder / "label_set.json").write_text(LABEL_SET.to_json())
    save_checkpoint(folder / "checkpoints", trained, STATE)
    zeros = tiny_model(training={"average_decay": 0.9})
    for variable in (*zeros.generator.variables, *zeros.encoder.variables, *zeros.averages.by_path().values()):
        variable.assign(variable * 0)
    save_checkpoint(folder / "checkpoints", zeros, at(13, l1=0.5))
    return folder


def test_the_networks_of_a_run_come_from_the_checkpoint_and_the_weights_that_are_asked_for(run, trained):
    own = {f"{name}/{path}": v for name in ("generator", "encoder") for path, v in network_arrays(getattr(trained, name)).items()}
    averaged = {path: variable.numpy() for path, variable in trained.averages.by_path().items()}
    assert any((own[path] != averaged[path]).any() for path in own)
    for options, expected in (
        ({"checkpoint": "best"}, averaged),
        ({"checkpoint": "best", "weights": "raw"}, own),
        ({}, {path: array * 0 for path, array in own.items()}),
    ):
        networks = load_run(run, **options).networks
        parts = {"generator": networks.generator, "encoder": networks.encoder}
        loaded = {f"{name}/{path}": array for name, network in parts.items() for path, array in network_arrays(network).items()}
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
    (tmp_path / "config.json").write_text(config.to_json())
    (tmp_path / "label_set.json").write_text(LABEL_SET.to_json())
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


def test_a_damaged_old_checkpoint_does_not_hinder_new_ones(tmp_path, trained):
    for step in (1, 2):
        save_checkpoint(tmp_path, trained, TrainingState("global", step, step, validation_l1=0.1 * step))
    (tmp_path / "step-00000001" / "state.json").write_text("{")
    save_checkpoint(tmp_path, trained, TrainingState("global", 3, 3), keep=1)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-00000002", "step-00000003"]
