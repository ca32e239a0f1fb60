"""The stages that the original never got through: what is frozen, what moves again, where the rate ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.integration.three_stages import THREE_STAGES
from tests.tiny_training import as_arrays
from tfhd.data import build_dataset
from tfhd.label_sets import load_label_set
from tfhd.runs import read_run
from tfhd.runs.checkpoint_files import find_checkpoint, list_checkpoints, read_arrays, read_state
from tfhd.train.fit import fit
from tfhd.training import build_model
from tfhd.training.checkpoints import restore


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    fit([*THREE_STAGES, "--training.checkpoint-every", "1", "--training.keep", "100", "--out", str(out)], "prog")
    return out


def ends(run: Path, part: str) -> dict[str, dict[str, np.ndarray]]:
    """Kernels of a network as each stage left them."""
    last = {read_state(path).stage: path for path in list_checkpoints(run / "checkpoints")}
    found = {stage: read_arrays(path / f"{part}.npz") for stage, path in last.items()}
    return {stage: {name: array for name, array in arrays.items() if name.endswith("kernel")} for stage, arrays in found.items()}


def test_every_stage_is_trained_to_its_end(run):
    states = [read_state(path) for path in list_checkpoints(run / "checkpoints")]
    assert [(state.stage, state.stage_step) for state in states] == [
        (stage, step) for stage in ("global", "enhancer", "joint") for step in range(1, 11)
    ]
    assert [state.step for state in states] == list(range(1, 31))


def test_the_global_network_rests_while_the_enhancer_trains_alone_and_then_moves_again(run):
    kernels = ends(run, "generator")
    inner = [name for name in kernels["global"] if not name.startswith("top/")]
    for name in inner:
        before, alone, joint = kernels["global"][name], *(kernels[s][f"global_generator/{name}"] for s in ("enhancer", "joint"))
        np.testing.assert_array_equal(alone, before)
        assert (joint != alone).mean() > 0.5, name  # kernels of classes that never occur stay
    first = read_arrays(list_checkpoints(run / "checkpoints")[10] / "generator.npz")
    for name in (name for name in kernels["enhancer"] if name.startswith(("enhancer_", "top/"))):
        assert (kernels["enhancer"][name] != first[name]).mean() > 0.5, name


def test_the_discriminator_of_the_coarse_stage_goes_on_below_a_new_one(run):
    coarse, fine = ends(run, "discriminator")["global"], ends(run, "discriminator")["joint"]
    assert {name.split("/")[0] for name in coarse} == {"scale_0"}
    assert {name.split("/")[0] for name in fine} == {"scale_0", "scale_1"}
    first = read_arrays(list_checkpoints(run / "checkpoints")[10] / "discriminator.npz")
    for name, array in coarse.items():  # ten steps of 2e-4 at most, one of them done
        assert np.abs(first[name.replace("scale_0", "scale_1")] - array).max() < 5e-4


def test_the_rate_ends_at_zero(run):
    config, checkpoint = read_run(run)
    model = build_model(config, load_label_set(run / "label_set.json").num_classes, steps_per_epoch=5)
    restore(checkpoint, model)
    before = as_arrays(model)
    model.train_step(next(iter(build_dataset(config, "train"))))
    for name, array in as_arrays(model).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    restore(list_checkpoints(run / "checkpoints")[-2], model)  # a step earlier it is not
    before = as_arrays(model)
    model.train_step(next(iter(build_dataset(config, "train"))))
    assert any((array != before[name]).any() for name, array in as_arrays(model).items())


def test_a_later_stage_starts_from_the_run_of_an_earlier_one(run, tmp_path):
    kernels = ends(run, "generator")
    out = tmp_path / "run"
    fit(
        [*THREE_STAGES, "--first-stage", "joint", "--init", str(run), "--training.checkpoint-every", "1", "--out", str(out)],
        "prog",
    )
    state = read_state(find_checkpoint(out / "checkpoints"))
    assert (state.stage, state.step, state.stage_step) == ("joint", 10, 10)
    moved = read_arrays(find_checkpoint(out / "checkpoints") / "generator.npz")
    for name, array in kernels["joint"].items():
        assert np.abs(moved[name] - array).max() < 10 * 2e-4 * 2, name
