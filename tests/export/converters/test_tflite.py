from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tests import forked
from tests.tiny_run import LABEL_SET, tiny_config, write_run
from tfhd.config import DataConfig, GeneratorConfig, TrainingConfig
from tfhd.errors import InputError
from tfhd.export.check import check
from tfhd.export.converters.tflite import export_tflite
from tfhd.label_sets import load_label_set
from tfhd.networks import GlobalGenerator, Networks

ROOT = Path(__file__).resolve().parents[3]
CHANNELS = LABEL_SET.num_classes + 1 + 3


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Networks]:
    """Wide enough for weights to be most of a model's bytes."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, write_run(folder, tiny_config(filters=16))


def write_run_of_streets(folder: Path) -> None:
    streets = DataConfig(format="streets", height=32, width=64, street_count=2)
    write_run(folder, dataclasses.replace(tiny_config(), data=streets), load_label_set("cityscapes"))


def painted(path: Path, encoded: np.ndarray) -> np.ndarray:
    return Interpreter(str(path)).get_signature_runner()(encoded=encoded)["image"]


@pytest.mark.parametrize(
    ("quantization", "share", "tolerance"), [("none", 1, 1e-4), ("float16", 0.5, 0.02), ("dynamic", 0.25, 0.5)]
)
def test_a_model_holds_all_weights_and_paints_the_runs_pictures(run, tmp_path, quantization, share, tolerance):
    folder, networks = run
    path = export_tflite(folder, tmp_path / "model", quantization=quantization)
    weights = 4 * share * networks.generator.count_params()
    assert weights < path.stat().st_size < 1.2 * weights + 40_000
    for shape in ((1, 16, 32), (2, 48, 24)):
        encoded = np.random.default_rng(0).uniform(0, 1, (*shape, CHANNELS)).astype(np.float32)
        np.testing.assert_allclose(painted(path, encoded), networks.generator(encoded), atol=tolerance)


ENHANCED = {"filters": 4, "num_enhancers": 1, "num_residual_blocks": 1, "num_local_residual_blocks": 1}
GENERATORS = {
    "transpose": GeneratorConfig(filters=4, num_downsamples=2, num_residual_blocks=1),
    "reflect": GeneratorConfig(filters=4, num_downsamples=2, num_residual_blocks=1, padding="reflect"),
    "resize": GeneratorConfig(filters=4, num_downsamples=2, num_residual_blocks=1, upsample="resize"),
    "enhancer": GeneratorConfig(**ENHANCED, num_downsamples=2),
    "resizing enhancer": GeneratorConfig(**ENHANCED, num_downsamples=1, upsample="resize", padding="reflect"),
}


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_paints_pictures_of_any_size_and_number_with_operators_that_are_built_in(tmp_path, name):
    networks = write_run(tmp_path / "run", dataclasses.replace(tiny_config(), generator=GENERATORS[name]))
    path = export_tflite(tmp_path / "run", tmp_path / "model")
    for shape in ((1, 16, 32), (2, 48, 24)):
        encoded = np.random.default_rng(0).uniform(0, 1, (*shape, CHANNELS)).astype(np.float32)
        np.testing.assert_allclose(painted(path, encoded), networks.generator(encoded), atol=1e-4)
    names = {details["op_name"] for details in Interpreter(str(path))._get_ops_details()}
    assert not [name for name in names if name.startswith(("Flex", "VAR_HANDLE", "READ_VARIABLE"))]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_run_trained_in_low_precision_is_converted_and_compared_in_float32(tmp_path, precision):
    write_run(tmp_path / "run", dataclasses.replace(tiny_config(), training=TrainingConfig(precision=precision)))
    export_tflite(tmp_path / "run", tmp_path / "model")
    rows = json.loads((tmp_path / "model/checks.json").read_text())["differences"]
    assert max(row["largest"] for row in rows) < 1e-4
    check(tmp_path / "run", tmp_path / "model")
    assert json.loads((tmp_path / "model/checks.json").read_text())["differences"] == rows


def test_what_the_converter_does_not_take_is_told_in_one_line(run, tmp_path, monkeypatch, capfd):
    def without_a_built_in_operator(self, inputs):
        return inputs[..., :3] * tf.linalg.det(inputs[:, :2, :2, 0])[:, None, None, None]

    monkeypatch.setattr(GlobalGenerator, "call", without_a_built_in_operator)
    with pytest.raises(
        InputError, match=r"run: TFLite's converter does not take its generator \(.+\); convert it to ONNX"
    ) as caught:
        export_tflite(run[0], tmp_path / "model")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_the_command_says_nothing_but_its_comparison(tmp_path, quantization):
    write_run_of_streets(tmp_path / "run")
    arguments = ["tflite", str(tmp_path / "run"), str(tmp_path / "model"), "--quantization", quantization]
    done = forked.run("export", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("model/generator.tflite\n")


def test_the_comparison_with_keras_is_printed_and_stored(run, tmp_path, capsys):
    export_tflite(run[0], tmp_path / "model")
    rows = json.loads((tmp_path / "model/checks.json").read_text())["differences"]
    assert [(row["batch"], row["height"], row["width"]) for row in rows] == [(1, 32, 48), (2, 32, 48), (1, 16, 24), (2, 16, 24)]
    assert all(0 <= row["mean"] <= row["largest"] < 1e-3 for row in rows)
    assert "2 x 24x16" in capsys.readouterr().out


@pytest.mark.parametrize("inputs", ["encoded", "maps"])
def test_full_int8_is_calibrated_with_the_training_pictures(tmp_path, inputs):
    write_run_of_streets(tmp_path / "run")
    path = export_tflite(tmp_path / "run", tmp_path / "model", inputs=inputs, quantization="int8")
    written = json.loads((path.parent / "checks.json").read_text())
    assert written["settings"] == {"inputs": inputs, "quantization": "int8"}
    assert max(row["mean"] for row in written["differences"]) < 0.15  # pictures of other weights are 0.2 apart
    interpreter = Interpreter(str(path))
    types = {details["index"]: details["dtype"] for details in interpreter.get_tensor_details()}
    read = {types[details["inputs"][0]] for details in interpreter._get_ops_details() if details["op_name"] == "CONV_2D"}
    assert read == {np.int8}


def test_full_int8_takes_its_ranges_from_the_training_pictures(run, tmp_path):
    with pytest.raises(InputError, match="train_label: no such folder"):
        export_tflite(run[0], tmp_path / "model", quantization="int8")
    assert not list(tmp_path.iterdir())
