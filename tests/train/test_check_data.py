from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfhd.command_line import parse
from tfhd.errors import InputError
from tfhd.readers import READERS, FileReader
from tfhd.train.check_data import check_data

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program as users do."""
    command = [sys.executable, "-m", "train", "check-data", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def flags(data: Path, *more: str) -> list[str]:
    return [str(data), "--label-set", str(data / "labels.json"), *more]


def spoil_labels(data: Path, count: int) -> None:
    for number in range(count):
        bad = np.full((32, 64), 99, np.uint8)
        Image.fromarray(bad).save(data / "train_label" / f"bad_{number:02}.png")
        Image.fromarray(bad).save(data / "train_img" / f"bad_{number:02}.png")


def test_good_data_ends_with_code_0_and_tables(data: Path) -> None:
    done = run(*flags(data))
    assert (done.returncode, done.stderr) == (0, "")
    rows = {" ".join(line.split()) for line in done.stdout.splitlines()}
    assert {"label maps 3", "photos 3", "sizes (width x height) 64x32: 3", "of countable classes 1..3, median 2"} <= rows
    assert any(row.startswith("car ") and row.endswith(" 3 6") for row in rows)
    assert "no errors, " in done.stdout
    assert "has no split val" in done.stdout


def test_errors_end_with_code_1_after_the_whole_report(data: Path, tmp_path: Path) -> None:
    spoil_labels(data, 12)
    (data / "train_img" / "0.png").unlink()
    done = run(*flags(data, "--json", str(tmp_path / "report.json")))
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert "files without a partner (1)" in lines
    assert "label maps with values outside the label set (12)" in lines
    assert [f"bad_{number:02}.png" in done.stdout for number in range(12)] == [True] * 10 + [False] * 2
    assert "  and 2 more files (--json lists all)" in lines
    assert f"train: value 99 is outside the label set (pixels: {12 * 32 * 64}, pictures: 12)" in lines
    assert any(line.startswith("13 errors, ") for line in lines)
    errors = json.loads((tmp_path / "report.json").read_text())["errors"]
    assert [error["kind"] for error in errors] == ["unpaired"] + ["values"] * 12
    assert str(data / "train_label" / "bad_11.png") == errors[-1]["path"]


def test_a_split_without_photos_is_an_error_of_the_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("label", "img"):
        (data / f"train_{kind}").rename(data / f"val_{kind}")
    with pytest.raises(SystemExit) as caught:
        parse(check_data, flags(data), "prog")
    assert caught.value.code == 1
    assert "train_label: no such folder" in capsys.readouterr().out
    parse(check_data, flags(data, "--splits", "val"), "prog")
    assert "no errors" in capsys.readouterr().out


def test_names_are_shown_as_they_are(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "[bold]" + "long" * 40 + ".png"
    (data / "train_img" / "0.png").rename(data / "train_img" / name)
    with pytest.raises(SystemExit):
        parse(check_data, flags(data), "prog")
    assert f"{data}/train_img/{name}: has no label map" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_names_that_are_no_text_are_shown_too(data: Path) -> None:
    os.rename(data / "train_img" / "0.png", os.fsencode(data / "train_img") + b"/\xff.png")
    done = run(*flags(data, "--json", str(data / "report.json")))
    assert (done.returncode, done.stderr) == (1, "")
    assert "train_img/\ufffd.png: has no label map" in done.stdout
    assert len(json.loads((data / "report.json").read_text())["errors"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{data}/nowhere"], r"nowhere: has no split train in the format folder \(folders train_label and train_img\)"),
        (["{data}", "--format", "cityscapes"], r"has no split train in the format cityscapes \(folders gtFine/train and"),
        (["{data}", "--splits", "train", "test"], r"has no split test"),
        (["{data}", "--json", "{data}/none/report.json"], r"none/report\.json: its folder does not exist"),
        (["{data}", "--json", "{data}"], r"data: cannot write the report \(Is a directory\)"),
        (["{data}", "--label-set", "nonesuch"], r"label set 'nonesuch' is not known"),
        (["{data}", "--format", "streets"], r"streets"),
        ([], r"DATA"),
    ],
)
def test_a_wrong_command_is_one_line(data: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(check_data, [argument.format(data=data) for argument in arguments], "prog")
    assert "\n" not in str(caught.value)


def test_help_explains_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(check_data, ["--help"], "prog")
    text = " ".join(capsys.readouterr().out.split())
    assert "code 0 if the data can be trained on (warnings may remain), 1 if files are at fault, 2 if" in text


def test_help_offers_the_formats_that_have_files(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(check_data, ["--help"], "prog")
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--format {folder,cityscapes}" in text
    for name, reader in READERS.items():
        assert (f"{name}: {reader.layout}" in text) == issubclass(reader, FileReader)


def test_checking_files_does_not_wait_for_tensorflow() -> None:
    code = "import sys, tfhd.train.check_data; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0
