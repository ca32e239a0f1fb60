from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tests.export.saved_model.test_signatures import assert_within_one, batch_of, synthesize
from tests.tiny_run import street, tiny_config, write_run
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model
from tfhd.export.saved_model.warm_up import WARM_UP

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
    return export_saved_model(wide_run, wide_run.parent / "cpu", device="cpu")


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
    second = tf.saved_model.load(str(export_saved_model(other, tmp_path / "model", device="cpu")))
    assert (second.signatures["synthesize"](**maps, **lists)["image"].numpy() != before).any()
    np.testing.assert_array_equal(first.signatures["synthesize"](**maps, **lists)["image"], before)


def test_a_fixed_size_is_the_only_one_taken(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, size=(16, 32))
    fixed = exported._replace(path=path, signatures=tf.saved_model.load(str(path)).signatures)
    maps = batch_of(street(16, 32))
    np.testing.assert_array_equal(synthesize(fixed, maps), synthesize(exported, maps))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"label is 32x48 pixels high and wide; .* exported for 16x32 alone"):
        synthesize(fixed, batch_of(street(32, 48)))
    assert json.loads((path / "manifest.json").read_text())["size"] == [16, 32]


def test_bfloat16_paints_nearly_the_same(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, precision="bfloat16")
    low = exported._replace(path=path, signatures=tf.saved_model.load(str(path)).signatures)
    maps = batch_of(street(32, 48))
    apart = np.abs(synthesize(low, maps).astype(int) - synthesize(exported, maps))
    assert 0 < apart.mean() < 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (16, 30)}, "--size 16 30: the networks need multiples of 4, at least 8"),
        ({"size": (4, 32)}, "--size 4 32: the networks need multiples of 4, at least 8"),
        ({"device": "cpu", "precision": "bfloat16"}, "only float32 gains from --device cpu"),
    ],
)
def test_settings_that_do_not_fit_are_told_before_anything_is_written(exported, tmp_path: Path, options, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        export_saved_model(exported.run, tmp_path / "model", **options)
    assert not (tmp_path / "model").exists()


def test_warm_up_requests_are_ones_that_the_model_answers(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, warm_up=True)
    signatures = tf.saved_model.load(str(path)).signatures
    records = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path / WARM_UP))]
    requests = [record.predict_log.request for record in records]
    assert [request.model_spec.signature_name for request in requests] == ["serving_default", "synthesize"]
    for request in requests:
        inputs = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        (painted,) = signatures[request.model_spec.signature_name](**inputs).values()
        assert painted.shape[0] == 1
    assert painted.shape == (1, 32, 48, 3)
