from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.full_disk import largest_file
from tests.tiny_checkpoints import STATE, assert_same, at, trained_model, update_averages, variables
from tests.tiny_training import random_batch, tiny_model
from tfhd.errors import InputError
from tfhd.runs.checkpoint_files import list_checkpoints
from tfhd.training import Pix2PixHD
from tfhd.training.checkpoints import restore, save_checkpoint


@pytest.fixture(scope="module")
def trained() -> Pix2PixHD:
    """A model after two steps. Tests must not train it."""
    return trained_model()


@pytest.fixture(scope="module")
def other() -> Pix2PixHD:
    """A model of the same kind with other weights, for tests to restore into."""
    return tiny_model(seed=5, training={"average_decay": 0.9})


@pytest.fixture
def saved(tmp_path: Path, trained: Pix2PixHD) -> Path:
    return save_checkpoint(tmp_path, trained, STATE)


def test_a_restored_model_is_the_same_and_goes_on_the_same_to_the_bit(tmp_path):
    model, restored = trained_model(), tiny_model(seed=5, training={"average_decay": 0.9})
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


def test_the_image_pool_is_kept_with_its_types(tmp_path, trained, other, saved):
    pool = {"label": np.ones((2, 4, 8), np.int32), "image": np.linspace(-1, 1, 192, dtype=np.float32).reshape(2, 4, 8, 3)}
    restored = restore(save_checkpoint(tmp_path / "pooled", trained, STATE, pool), other)
    assert_same(restored, pool)
    assert {key: array.dtype for key, array in restored.items()} == {key: array.dtype for key, array in pool.items()}
    assert restore(saved, other) == {}


def test_saving_the_same_step_again_replaces_it(tmp_path, trained, other, saved):
    other.steps_done.assign(2)
    assert save_checkpoint(tmp_path, other, STATE) == saved
    assert list_checkpoints(tmp_path) == [saved]
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
