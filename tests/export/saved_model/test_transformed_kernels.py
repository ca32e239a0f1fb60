from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.export.saved_model.test_signatures import assert_within_one, batch_of, synthesize
from tests.tiny_run import street, tiny_config, write_run
from tfhd.export.saved_model.export import export_saved_model

WIDE = 64
"""Filters that give the residual blocks 256 channels."""


def answer(path: Path, maps: dict[str, tf.Tensor]) -> np.ndarray:
    """What a session without Python layers makes of `synthesize`, as TensorFlow Serving and the C API run it."""
    absent = {"seed": [-1], "style_instance": [[-1]], "style_index": [[-1]]}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        found = tf.compat.v1.saved_model.load(session, ["serve"], str(path)).signature_def["synthesize"]
        feeds = {found.inputs[name].name: np.asarray(value) for name, value in (maps | absent).items()}
        return session.run(found.outputs["image"].name, feeds)


@pytest.fixture(scope="module")
def wide_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wide") / "run"
    write_run(folder, tiny_config(filters=WIDE))
    return folder


@pytest.fixture(scope="module")
def wide(wide_run: Path) -> Path:
    return export_saved_model(wide_run, wide_run.parent / "any")


@pytest.fixture(scope="module")
def wide_cpu(wide_run: Path) -> Path:
    return export_saved_model(wide_run, wide_run.parent / "cpu", optimize_for="cpu")


def test_a_session_answers_by_signature_name_as_python_does(exported) -> None:
    maps = batch_of(street(32, 48))
    np.testing.assert_array_equal(answer(exported.path, maps), synthesize(exported, maps))


@pytest.mark.parametrize(("height", "width"), [(32, 48), (20, 28)])
def test_a_model_for_processors_paints_the_same(wide: Path, wide_cpu: Path, height: int, width: int) -> None:
    maps = batch_of(street(height, width), street(height, width, 1))
    assert_within_one(answer(wide_cpu, maps), answer(wide, maps).astype(int))
    loaded = tf.saved_model.load(str(wide_cpu))
    absent = tf.constant([[-1]])
    python = loaded.signatures["synthesize"](**maps, seed=absent[0], style_instance=absent, style_index=absent)
    np.testing.assert_array_equal(python["image"], answer(wide_cpu, maps))


def test_a_model_for_processors_stores_nothing_twice_and_multiplies_what_was_transformed(wide: Path, wide_cpu: Path) -> None:
    sizes = [sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in (wide, wide_cpu)]
    assert sizes[1] < 1.02 * sizes[0]
    definition = [(path / "saved_model.pb").read_bytes().count(b"BatchMatMul") for path in (wide, wide_cpu)]
    assert definition[0] == 0 < definition[1]


def test_two_models_for_processors_in_one_process_keep_their_own_kernels(wide_run: Path, wide_cpu: Path, tmp_path: Path) -> None:
    maps = batch_of(street(32, 48))
    absent = tf.constant([[-1]])
    lists = {"seed": absent[0], "style_instance": absent, "style_index": absent}
    first = tf.saved_model.load(str(wide_cpu))
    before = first.signatures["synthesize"](**maps, **lists)["image"].numpy()
    other = shutil.copytree(wide_run, tmp_path / "run")
    (weights,) = other.rglob("generator.npz")
    with np.load(weights) as file:
        negated = {name: -file[name] for name in file}
    np.savez(weights, **negated)
    second = tf.saved_model.load(str(export_saved_model(other, tmp_path / "model", optimize_for="cpu")))
    assert (second.signatures["synthesize"](**maps, **lists)["image"].numpy() != before).any()
    np.testing.assert_array_equal(first.signatures["synthesize"](**maps, **lists)["image"], before)
