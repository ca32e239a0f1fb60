from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.tiny_run import LABEL_SET, tiny_config, write_run
from tfhd.config import GeneratorConfig, TrainingConfig
from tfhd.errors import InputError
from tfhd.export.check import check
from tfhd.export.converters.onnx.export import export_onnx
from tfhd.networks import Networks

EXTRA = 1  # the edges


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Networks]:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, write_run(folder, tiny_config())


def test_the_file_is_whole_lies_beside_its_weights_and_paints_the_runs_pictures(run, tmp_path):
    folder, networks = run
    path = export_onnx(folder, tmp_path / "model")
    assert sorted(file.name for file in path.parent.iterdir()) == ["checks.json", "generator.onnx", "generator.onnx.data"]
    assert path.stat().st_size < 20_000
    onnx.checker.check_model(str(path), full_check=True)
    encoded = np.random.default_rng(0).uniform(0, 1, (1, 16, 32, LABEL_SET.num_classes + EXTRA + 3)).astype(np.float32)
    (image,) = onnxruntime.InferenceSession(path).run(["image"], {"encoded": encoded.transpose(0, 3, 1, 2)})
    np.testing.assert_allclose(image.transpose(0, 2, 3, 1), networks.generator(encoded), atol=1e-4)


def test_the_comparison_with_keras_is_printed_and_stored(run, tmp_path, capsys):
    export_onnx(run[0], tmp_path / "model")
    rows = json.loads((tmp_path / "model/checks.json").read_text())["differences"]
    assert [(row["batch"], row["height"], row["width"]) for row in rows] == [(1, 32, 48), (2, 32, 48), (1, 16, 24), (2, 16, 24)]
    assert all(0 <= row["mean"] <= row["largest"] < 1e-3 for row in rows)
    printed = capsys.readouterr().out
    assert all(f"{row['batch']} x {row['width']}x{row['height']}" in printed for row in rows)


def test_fixed_sizes_are_those_that_are_compared(run, tmp_path):
    path = export_onnx(run[0], tmp_path / "model", size=(40, 24), batch=3)
    (row,) = json.loads((tmp_path / "model/checks.json").read_text())["differences"]
    assert (row["batch"], row["height"], row["width"]) == (3, 40, 24)
    assert onnxruntime.InferenceSession(path).get_inputs()[0].shape == [3, LABEL_SET.num_classes + EXTRA + 3, 40, 24]


@pytest.mark.parametrize("inputs", ["encoded", "maps"])
def test_a_run_trained_in_low_precision_is_converted_and_compared_in_float32(tmp_path, inputs):
    write_run(tmp_path / "run", dataclasses.replace(tiny_config(), training=TrainingConfig(precision="mixed_bfloat16")))
    export_onnx(tmp_path / "run", tmp_path / "model", inputs=inputs)
    rows = json.loads((tmp_path / "model/checks.json").read_text())["differences"]
    assert max(row["largest"] for row in rows) < 1e-4
    check(tmp_path / "run", tmp_path / "model")
    assert json.loads((tmp_path / "model/checks.json").read_text())["differences"] == rows


def test_a_run_without_styles_reads_labels_alone(tmp_path):
    write_run(tmp_path / "run", tiny_config(feature_channels=0))
    path = export_onnx(tmp_path / "run", tmp_path / "model")
    assert onnxruntime.InferenceSession(path).get_inputs()[0].shape[1] == LABEL_SET.num_classes + EXTRA


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (30, 48)}, "--size 30 48: the generator needs multiples of 4, at least 8"),
        ({"size": (4, 48)}, "--size 4 48: the generator needs multiples of 4, at least 8"),
        ({"batch": 0}, "--batch 0: expected at least 1"),
    ],
)
def test_sizes_that_do_not_fit_are_told_and_nothing_is_written(run, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        export_onnx(run[0], tmp_path / "model", **options)
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_kept(run, tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(InputError, match=r"model: exists already; remove it, or choose another folder"):
        export_onnx(run[0], tmp_path / "model")
    assert not list((tmp_path / "model").iterdir())


def test_an_out_inside_a_file_is_told(run, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"file/model: cannot write the model \(.*\); free disk space or choose another folder"):
        export_onnx(run[0], tmp_path / "file/model")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_generator_of_another_architecture_is_told(tmp_path):
    generator = GeneratorConfig(architecture="unet", filters=2, num_downsamples=2)
    write_run(tmp_path / "run", dataclasses.replace(tiny_config(), generator=generator))
    with pytest.raises(InputError, match="its generator is unet, and ONNX models are made of coarse_to_fine ones alone"):
        export_onnx(tmp_path / "run", tmp_path / "model")
    assert not (tmp_path / "model").exists()
