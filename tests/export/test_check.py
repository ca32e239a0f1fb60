from __future__ import annotations

import json
from pathlib import Path

import pytest

from export.check import main
from export.onnx import export_onnx
from export.tflite import export_tflite
from tests.tiny_run import tiny_config, write_run
from tfhd.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, another one of more filters and one without styles, and the first as ONNX and TFLite."""
    folder = tmp_path_factory.mktemp("check")
    write_run(folder / "run", tiny_config())
    write_run(folder / "wide", tiny_config(filters=6))
    write_run(folder / "plain", tiny_config(feature_channels=0))
    export_onnx(folder / "run", folder / "onnx", size=(24, 32))
    export_tflite(folder / "run", folder / "tflite")
    return folder


@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_the_run_of_a_model_paints_as_it_and_another_does_not(folder, kind):
    def largest() -> list[float]:
        return [row["largest"] for row in json.loads((folder / kind / "checks.json").read_text())]

    count = len(largest())
    main(folder / "wide", folder / kind)
    assert min(largest()) > 0.01
    main(folder / "run", folder / kind)
    assert max(largest()) < 1e-4
    assert len(largest()) == count


@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_a_run_with_another_input_is_told(folder, kind):
    with pytest.raises(InputError, match=rf"generator\.{kind}: cannot paint what .*plain would .*; name the run") as caught:
        main(folder / "plain", folder / kind)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_told(folder):
    with pytest.raises(InputError, match=r"run: holds no generator\.onnx or generator\.tflite; name a folder"):
        main(folder / "run", folder / "run")


@pytest.mark.parametrize("text", [None, "{", "[1]"])
def test_unreadable_checks_are_told(folder, tmp_path, text):
    (tmp_path / "generator.onnx").write_bytes(b"")
    if text is not None:
        (tmp_path / "checks.json").write_text(text)
    with pytest.raises(InputError, match=r"checks\.json: cannot read the sizes .*; convert the generator anew"):
        main(folder / "run", tmp_path)
