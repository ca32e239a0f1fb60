from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.full_disk import largest_file
from tests.tiny_run import tiny_config, write_run
from tests.tiny_training import random_batch, tiny_model
from tfhd.checkpoints import checkpoints, latest_checkpoint, load_networks, restore, save_checkpoint, save_networks
from tfhd.errors import InputError
from tfhd.training import Pix2PixHD

FILES = ("generator", "discriminator", "encoder", "generator_optimizer", "discriminator_optimizer")


def variables(model: Pix2PixHD) -> dict[str, np.ndarray]:
    """Everything that decides how a training goes on."""
    networks = model.generator.variables + model.discriminator.variables + model.encoder.variables
    optimizers = [model.generator_optimizer, model.discriminator_optimizer]
    found = {variable.path: variable.numpy() for variable in networks}
    found |= {f"{i}/{j}": v.numpy() for i, optimizer in enumerate(optimizers) for j, v in enumerate(optimizer.variables)}
    return found | {"steps_done": model.steps_done.numpy()}


def assert_same(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> None:
    assert got.keys() == want.keys()
    for name, array in want.items():
        np.testing.assert_array_equal(got[name], array, err_msg=name)


@pytest.fixture(scope="module")
def trained() -> Pix2PixHD:
    """A model after two steps. Tests must not train it."""
    model = tiny_model()
    for step in range(2):
        model.train_step(random_batch(step))
    return model


@pytest.fixture(scope="module")
def other() -> Pix2PixHD:
    """A model of the same kind with other weights, for tests to restore into."""
    return tiny_model(seed=5)


@pytest.fixture
def saved(tmp_path: Path, trained: Pix2PixHD) -> Path:
    return save_checkpoint(tmp_path, trained)


def test_a_restored_model_is_the_same_and_goes_on_the_same_to_the_bit(tmp_path):
    model, restored = tiny_model(), tiny_model(seed=5)
    for step in range(2):
        model.train_step(random_batch(step))
    restore(save_checkpoint(tmp_path, model), restored)
    assert_same(variables(restored), variables(model))
    for step in range(2, 4):
        losses = [one.train_step(random_batch(step)) for one in (model, restored)]
        assert {name: float(value) for name, value in losses[0].items()} == {k: float(v) for k, v in losses[1].items()}
    assert_same(variables(restored), variables(model))


def test_a_loss_scale_and_the_steps_that_it_skipped_are_restored(tmp_path):
    model, restored = tiny_model("mixed_float16"), tiny_model("mixed_float16", seed=5)
    model.generator_optimizer.dynamic_scale.assign(1e38)
    model.train_step(random_batch())
    assert int(model.generator_optimizer.iterations.numpy()) == 0
    path = save_checkpoint(tmp_path, model)
    assert path.name == "step-00000001"
    restore(path, restored)
    assert_same(variables(restored), variables(model))


def test_a_checkpoint_is_named_after_its_step_and_holds_plain_arrays(saved):
    assert saved.name == "step-00000002"
    assert {path.name for path in saved.iterdir()} == {f"{name}.npz" for name in FILES} | {"state.json"}
    for name in FILES:
        with np.load(saved / f"{name}.npz", allow_pickle=False) as arrays:
            assert {array.dtype.kind for array in arrays.values()} <= {"f", "i"}


def test_only_the_newest_are_kept(tmp_path, trained):
    for step in (9, 10, 11):
        save_networks(tmp_path, {"encoder": trained.encoder}).rename(tmp_path / f"step-{step:08d}")
    save_checkpoint(tmp_path, trained)  # keeps all
    assert [path.name for path in checkpoints(tmp_path)] == [f"step-{step:08d}" for step in (2, 9, 10, 11)]
    save_checkpoint(tmp_path, trained, keep=3)
    assert [path.name for path in checkpoints(tmp_path)] == [f"step-{step:08d}" for step in (9, 10, 11)]
    assert latest_checkpoint(tmp_path).name == "step-00000011"


def test_saving_the_same_step_again_replaces_it(tmp_path, trained, other, saved):
    other.steps_done.assign(2)
    assert save_checkpoint(tmp_path, other) == saved
    assert checkpoints(tmp_path) == [saved]
    fresh = tiny_model(seed=7)
    restore(saved, fresh)
    assert_same(variables(fresh), variables(other))


# Within the first file, within the largest, and within none but at its very end.
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_full_disk_is_told_in_a_line_and_leaves_nothing_half_written(tmp_path, trained, saved, other, share):
    largest = max(path.stat().st_size for path in saved.iterdir())
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    other.steps_done.assign(3)
    with (
        largest_file(int(share * largest)),
        pytest.raises(InputError, match=r"step-00000003: cannot write .*free disk") as caught,
    ):
        save_checkpoint(tmp_path, other, keep=1)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002"]
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert save_checkpoint(tmp_path, other, keep=1).name == "step-00000003"  # once there is space again


def test_a_folder_that_cannot_be_made_is_told(tmp_path, trained):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"file/step-00000002: cannot write the checkpoint \(Not a directory\)"):
        save_checkpoint(tmp_path / "file", trained)


def test_a_partial_checkpoint_is_never_picked_and_does_not_hinder_the_next(tmp_path, trained, saved, other):
    # What a kill in the middle of writing step 3 leaves.
    partial = tmp_path / ".partial-step-00000003"
    partial.mkdir()
    (partial / "generator.npz").write_bytes((saved / "generator.npz").read_bytes()[:1000])
    assert checkpoints(tmp_path) == [saved]
    assert latest_checkpoint(tmp_path) == saved
    other.steps_done.assign(3)
    assert save_checkpoint(tmp_path, other) == latest_checkpoint(tmp_path)
    assert not partial.exists()


def test_no_checkpoint_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no checkpoint there; run `python -m train fit`"):
        latest_checkpoint(tmp_path / "none")


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
    for text in ("", "{}", "[]", '{"step": null}', '{"step": "x"}'):
        (saved / "state.json").write_text(text)
        with pytest.raises(InputError, match=r"state\.json: cannot read the checkpoint"):
            restore(saved, other)


def test_another_configuration_is_refused(saved):
    wider = tiny_model(feature_channels=4)
    before = variables(wider)
    with pytest.raises(InputError, match=r"generator\.npz: holds other variables .*use the configuration"):
        restore(saved, wider)
    assert_same(variables(wider), before)


def test_pickles_are_not_read(saved, other):
    with open(saved / "encoder.npz", "wb") as file:
        np.savez(file, **{"conv/kernel": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(InputError, match=r"encoder\.npz: cannot read"):
        restore(saved, other)


def test_a_run_folder_gives_its_networks_with_the_newest_weights(tmp_path):
    networks = write_run(tmp_path / "run", tiny_config(), styles=False)
    config, label_set, loaded = load_networks(tmp_path / "run")
    assert (config, label_set.name) == (tiny_config(), "tiny")
    for name in ("generator", "encoder"):
        for got, want in zip(getattr(loaded, name).get_weights(), getattr(networks, name).get_weights(), strict=True):
            np.testing.assert_array_equal(got, want)


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(InputError, match=r"config\.json: cannot read the configuration .*give a run folder"):
        load_networks(tmp_path)
