from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import forked
from tests.picture_files import encoded, palette_png, png_that_says
from tests.tiny_run import street
from tfhd.command_line import parse
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet, load_label_set
from tfhd.readers import READERS, FileReader
from tfhd.train.check_data import check_data

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program as users do."""
    return forked.run("train", "check-data", *arguments)


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
        (["{data}/tfds", "--format", "tfds"], r"data/tfds: --format tfds: .* give it the folder .*\(.*/data, if it is that\)"),
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
    assert "--format {folder,cityscapes,tfds}" in text
    for name, reader in READERS.items():
        assert (f"{name}: {reader.layout}" in text) == issubclass(reader, FileReader)


def test_checking_files_does_not_wait_for_tensorflow() -> None:
    code = "import sys, tfhd.train.check_data; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_a_label_set_is_drafted_from_what_the_files_hold(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "drafted.json"
    parse(check_data, [str(data), "--draft-label-set", str(path)], "prog")
    drafted = load_label_set(path)
    assert [(item.name, item.ids, item.countable) for item in drafted.classes] == [
        ("class 7", (7,), False),
        ("class 26", (26,), False),
        ("class 27", (27,), False),
    ]
    assert len(set(drafted.colors)) == 3
    labels = [np.asarray(Image.open(file)) for file in sorted((data / "train_label").iterdir())]
    printed = capsys.readouterr().out
    assert f"{path}: 3 classes, 0 of them countable" in printed
    for value in (7, 26, 27):
        pixels, pictures = sum(int((label == value).sum()) for label in labels), sum((label == value).any() for label in labels)
        assert re.search(rf"id {value}, colour \d+ \d+ \d+: {pixels} pixels in {pictures} pictures", printed)
    assert "no errors" in printed
    with pytest.raises(InputError, match=r"drafted\.json: exists already"):
        parse(check_data, [str(data), "--draft-label-set", str(path)], "prog")


def test_instance_maps_say_which_drafted_classes_are_countable(data: Path, tmp_path: Path) -> None:
    (data / "train_inst").mkdir()
    for path in (data / "train_label").iterdir():
        _, instance = street(32, 64, cars=int(path.stem) + 1)
        Image.fromarray(instance).save(data / "train_inst" / path.name)
    parse(check_data, [str(data), "--draft-label-set", str(tmp_path / "drafted.json")], "prog")
    drafted = load_label_set(tmp_path / "drafted.json")
    assert [drafted.names[index] for index in drafted.countable] == ["class 26"], "two cars of 26 in one picture, never of 27"


def test_a_label_set_of_maps_in_colours_and_palettes_has_these_colours(data: Path, tmp_path: Path) -> None:
    colors = np.array([(250, 0, 0), (0, 250, 0), (0, 0, 250)], np.uint8)
    for path in (data / "train_label").iterdir():
        with Image.open(path) as label:
            Image.fromarray(colors[np.searchsorted([7, 26, 27], np.asarray(label))]).save(path)
    parse(check_data, [str(data), "--draft-label-set", str(tmp_path / "colours.json")], "prog")
    drafted = load_label_set(tmp_path / "colours.json")
    assert sorted(drafted.colors) == sorted(map(tuple, colors.tolist()))
    assert drafted.colors[0] == (250, 0, 0), "the most frequent colour comes first"

    for path in (data / "train_label").iterdir():
        with Image.open(path) as label:
            picture = label.quantize(colors=3, dither=Image.Dither.NONE)
        indices = Image.fromarray(np.full((32, 64), 1, np.uint8)).convert("P")
        indices.putdata([1] * 32 * 64)
        indices.putpalette([0, 0, 0, 9, 8, 7])
        indices.save(path)
        assert picture.mode == "P"
    parse(check_data, [str(data), "--draft-label-set", str(tmp_path / "palette.json")], "prog")
    assert load_label_set(tmp_path / "palette.json").classes[0].color == (9, 8, 7)


def _draft_twice(data: Path, path: Path) -> tuple[LabelSet, dict]:
    """A drafted label set, and the report on the same data by it, which must have no errors."""
    parse(check_data, [str(data), "--draft-label-set", str(path)], "prog")
    parse(check_data, [str(data), "--label-set", str(path), "--json", str(path.with_suffix(".report"))], "prog")
    classes = json.loads(path.with_suffix(".report").read_text())["splits"][0]["classes"]
    return load_label_set(path), {item["name"]: item["pixels"] for item in classes}


ORDERS = ([0, 1, 2], [2, 0, 1], [1, 2, 0])
COLORS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
WAYS = {
    "grays of the ids, in other orders": lambda ids, order: palette_png(
        np.argsort(order)[ids].tolist(), [(v,) * 3 for v in order]
    ),
    "colours, in other orders": lambda ids, order: palette_png(np.argsort(order)[ids].tolist(), [COLORS[v] for v in order]),
    "filled with black that is used": lambda ids, order: palette_png(ids.tolist(), [(0, 0, 0), (9, 0, 0)] + [(0, 0, 0)] * 254),
    "gray ids as RGB": lambda ids, order: encoded(np.repeat(ids[..., None], 3, axis=2).astype(np.uint8)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_drafted_label_set_reads_each_file_as_the_draft_did(data: Path, tmp_path: Path, way: str) -> None:
    pixels = np.zeros(3, int)
    for number in range(3):
        ids = np.zeros((32, 64), np.uint8)
        ids[4 : 8 + number], ids[20 : 21 + number] = 1, 2
        pixels += np.bincount(ids.ravel())
        (data / "train_label" / f"{number}.png").write_bytes(WAYS[way](ids, ORDERS[number]))
    drafted, counted = _draft_twice(data, tmp_path / "drafted.json")
    assert list(counted.values()) == pixels.tolist(), "the classes are by their pixels, or by their ids, in this order"
    if way == "colours, in other orders":
        assert list(drafted.colors) == COLORS
    else:
        assert [item.ids for item in drafted.classes] == [(0,), (1,), (2,)]
        assert not drafted.shared_colors


def test_maps_that_are_no_classes_are_not_drafted_from(data: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8)
    Image.fromarray(noise).save(data / "train_label" / "0.png")
    with pytest.raises(InputError, match=r"train_label/0\.png: holds \d+ colours, too many for classes"):
        parse(check_data, [str(data), "--draft-label-set", str(tmp_path / "x.json")], "prog")
    Image.fromarray(noise // 255 * 255).save(data / "train_label" / "0.png")
    with pytest.raises(InputError, match=r"holds ids but .*0\.png colours; save all label maps in one way"):
        parse(check_data, [str(data), "--draft-label-set", str(tmp_path / "x.json")], "prog")
    (data / "train_label" / "0.png").write_bytes(png_that_says(30_000, 30_000))
    with pytest.raises(InputError, match=r"0\.png: .*(pixels|cannot be)"):
        parse(check_data, [str(data), "--draft-label-set", str(tmp_path / "x.json")], "prog")
    assert not (tmp_path / "x.json").exists()


def test_instance_ids_are_read_as_the_flag_says(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "train_inst").mkdir()
    for path in (data / "train_label").iterdir():
        with Image.open(path) as label:
            stored = (np.asarray(label) == 7) | (np.indices((32, 64))[1] < 40)
            Image.fromarray(np.where(stored, 1, 2).astype(np.uint8)).save(data / "train_inst" / path.name)
    parse(check_data, flags(data, "--instance-ids", "per_class"), "prog")
    assert "as if ids started again" not in capsys.readouterr().out
