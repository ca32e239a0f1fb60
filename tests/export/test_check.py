from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_run import tiny_config, write_run
from tfhd.errors import InputError
from tfhd.export.check import check
from tfhd.export.converters.onnx.export import export_onnx
from tfhd.export.converters.tflite import export_tflite


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, another of the same shape, one of another shape, and the first and last as ONNX and TFLite."""
    folder = tmp_path_factory.mktemp("check")
    write_run(folder / "run", tiny_config())
    write_run(folder / "plain", tiny_config(feature_channels=0))
    shutil.copytree(folder / "run", folder / "other")
    (weights,) = (folder / "other").rglob("generator.npz")
    with np.load(weights) as file:
        negated = {name: -file[name] for name in file}
    np.savez(weights, **negated)
    for name, out in (("run", ""), ("plain", "-plain")):
        export_onnx(folder / name, folder / f"onnx{out}", size=(24, 32))
        export_tflite(folder / name, folder / f"tflite{out}")
    return folder


@pytest.fixture(params=["onnx", "tflite"])
def converted(request, folder: Path, tmp_path: Path) -> Path:
    """The first run's model, to be changed."""
    return shutil.copytree(folder / request.param, tmp_path / request.param)


def model(converted: Path) -> Path:
    return converted / f"generator.{converted.name}"


def test_the_run_of_a_model_paints_as_it_and_the_comparison_is_written_anew(folder, converted):
    before = json.loads((converted / "checks.json").read_text())
    for row in before["differences"]:
        row["largest"] = row["mean"] = 9.0
    (converted / "checks.json").write_text(json.dumps(before))
    assert check(folder / "run", converted) == converted / "checks.json"
    after = json.loads((converted / "checks.json").read_text())
    assert max(row["largest"] for row in after["differences"]) < 1e-4
    assert len(after.pop("differences")) == len(before.pop("differences"))
    assert after == before
    assert before["weights"] == "step-00000000 raw"
    assert before["settings"]["inputs"] == "encoded"


@pytest.mark.parametrize("name", ["other", "plain"])
def test_a_run_of_other_weights_is_told_and_the_comparison_kept(folder, converted, name):
    before = (converted / "checks.json").read_bytes()
    message = rf"{converted.name}: was converted from step-00000000 raw of a run, but .*{name} are other weights; name the run"
    with pytest.raises(InputError, match=message) as caught:
        check(folder / name, converted)
    assert "\n" not in str(caught.value)
    assert (converted / "checks.json").read_bytes() == before


def test_a_model_in_anothers_place_is_told(folder, converted):
    for path in (folder / f"{converted.name}-plain").glob("generator.*"):
        shutil.copy(path, converted)
    with pytest.raises(
        InputError, match=rf"generator\.{converted.name}: does not take the inputs of .*run's generator "
    ) as caught:
        check(folder / "run", converted)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_damaged_model_is_told(folder, converted, share):
    whole = model(converted).read_bytes()
    model(converted).write_bytes(whole[: int(share * len(whole))])
    told(folder, converted)


@pytest.mark.parametrize("size", [None, 0, 1000])
def test_weights_that_are_gone_or_cut_are_told(folder, tmp_path, size, capfd):
    converted = shutil.copytree(folder / "onnx", tmp_path / "onnx")
    data = converted / "generator.onnx.data"
    data.unlink() if size is None else data.write_bytes(data.read_bytes()[:size])
    told(folder, converted)
    assert capfd.readouterr() == ("", "")


def told(folder: Path, converted: Path) -> None:
    remedy = {
        "onnx": r"convert the generator anew, and leave generator\.onnx\.data beside it",
        "tflite": "convert the generator anew",
    }
    message = rf"generator\.{converted.name}: cannot be loaded \(.+\); {remedy[converted.name]}$"
    with pytest.raises(InputError, match=message) as caught:
        check(folder / "run", converted)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_told(folder):
    with pytest.raises(InputError, match=r"run: holds no generator\.onnx or generator\.tflite; name a folder"):
        check(folder / "run", folder / "run")


def test_a_folder_without_checks_is_told(folder, converted):
    (converted / "checks.json").unlink()
    with pytest.raises(InputError, match=r"checks\.json: cannot read .*; convert the generator anew"):
        check(folder / "run", converted)
