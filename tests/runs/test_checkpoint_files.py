from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tiny_checkpoints import STATE, assert_same, at, saved_steps, trained_model
from tests.tiny_training import tiny_model
from tfhd.errors import InputError
from tfhd.runs.checkpoint_files import (
    TrainingState,
    assign_network,
    find_checkpoint,
    list_checkpoints,
    network_arrays,
    read_networks,
    read_state,
)
from tfhd.training import Pix2PixHD
from tfhd.training.checkpoints import save_checkpoint

FILES = ("generator", "discriminator", "encoder", "generator_optimizer", "discriminator_optimizer", "averages")


@pytest.fixture(scope="module")
def trained() -> Pix2PixHD:
    """A model after two steps. Tests must not train it."""
    return trained_model()


@pytest.fixture
def saved(tmp_path: Path, trained: Pix2PixHD) -> Path:
    return save_checkpoint(tmp_path, trained, STATE)


def test_a_checkpoint_is_named_after_all_steps_and_holds_plain_arrays_and_the_state(saved):
    assert saved.name == "step-00000012"
    assert {path.name for path in saved.iterdir()} == {f"{name}.npz" for name in FILES} | {"state.json"}
    for name in FILES:
        with np.load(saved / f"{name}.npz", allow_pickle=False) as arrays:
            assert {array.dtype.kind for array in arrays.values()} <= {"f", "i"}
    assert read_state(saved) == STATE


def test_only_the_newest_and_the_best_are_kept(tmp_path, trained):
    for step, l1 in ((8, 0.3), (9, 0.2), (10, None), (11, 0.4)):
        save_checkpoint(tmp_path, trained, at(step, l1=l1))  # keeps all
    assert saved_steps(tmp_path) == [8, 9, 10, 11]
    save_checkpoint(tmp_path, trained, at(12, l1=0.25), keep=2)
    assert saved_steps(tmp_path) == [9, 11, 12]
    assert find_checkpoint(tmp_path, "latest").name == "step-00000012"
    assert find_checkpoint(tmp_path, "best").name == "step-00000009"
    save_checkpoint(tmp_path, trained, at(13, l1=0.1), keep=2)
    assert saved_steps(tmp_path) == [12, 13]
    assert find_checkpoint(tmp_path, "best").name == "step-00000013"


def test_the_best_is_of_the_newest_stage_whose_pictures_alone_compare(tmp_path, trained):
    save_checkpoint(tmp_path, trained, at(8, "coarse", l1=0.01), keep=2)
    save_checkpoint(tmp_path, trained, at(9, "fine"), keep=2)
    assert find_checkpoint(tmp_path, "best").name == "step-00000009", "where none was measured it is the latest"
    save_checkpoint(tmp_path, trained, at(10, "fine", l1=0.2), keep=2)
    assert saved_steps(tmp_path) == [9, 10]
    save_checkpoint(tmp_path, trained, at(11, "fine", l1=0.3), keep=1)
    assert saved_steps(tmp_path) == [10, 11]
    assert find_checkpoint(tmp_path, "best").name == "step-00000010"


def test_a_folder_that_cannot_be_made_is_told(tmp_path, trained):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"file/step-00000012: cannot write the checkpoint \(Not a directory\)"):
        save_checkpoint(tmp_path / "file", trained, STATE)


def test_a_partial_checkpoint_is_never_picked_and_does_not_hinder_the_next(tmp_path, trained, saved):
    # What a kill in the middle of writing step 13 leaves.
    partial = tmp_path / ".partial-step-00000013"
    partial.mkdir()
    (partial / "generator.npz").write_bytes((saved / "generator.npz").read_bytes()[:1000])
    assert list_checkpoints(tmp_path) == [saved]
    assert find_checkpoint(tmp_path) == saved
    assert save_checkpoint(tmp_path, trained, at(13)) == find_checkpoint(tmp_path)
    assert not partial.exists()


def test_no_checkpoint_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no checkpoint there; run `tfhd train fit`"):
        find_checkpoint(tmp_path / "none")


def test_arrays_of_a_network_are_copies_that_another_network_takes(trained):
    other = tiny_model(seed=5)
    arrays = network_arrays(trained.encoder)
    before = {path: array.copy() for path, array in arrays.items()}
    assign_network(other.encoder, arrays, "here")
    assert_same(network_arrays(other.encoder), before)
    assign_network(other.encoder, {path: array * 0 for path, array in arrays.items()}, "here")
    assert_same(arrays, before)
    arrays.popitem()
    with pytest.raises(InputError, match=r"^here: holds other variables than the networks"):
        assign_network(other.encoder, arrays, "here")


def test_a_damaged_old_checkpoint_does_not_hinder_new_ones(tmp_path, trained):
    for step in (1, 2):
        save_checkpoint(tmp_path, trained, TrainingState("global", step, step, validation_l1=0.1 * step))
    (tmp_path / "step-00000001" / "state.json").write_text("{")
    save_checkpoint(tmp_path, trained, TrainingState("global", 3, 3), keep=1)
    assert saved_steps(tmp_path) == [2, 3]


def test_the_networks_of_a_checkpoint_are_those_that_it_holds(saved, trained):
    found = read_networks(saved)
    assert list(found) == ["generator", "discriminator", "encoder"]
    assert_same(found["encoder"], network_arrays(trained.encoder))
    (saved / "discriminator.npz").unlink()
    assert list(read_networks(saved)) == ["generator", "encoder"]
