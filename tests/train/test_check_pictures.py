from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_pictures import KINDS, numbers, write_pairs
from tfhd.command_line import parse
from tfhd.errors import InputError
from tfhd.pictures import write_picture
from tfhd.train.check_data import check_data

GRAY16 = ["--input", "image", "--input-pixels.channels", "1", "--input-pixels.dtype", "uint16"]


def test_good_pairs_are_counted_with_their_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = KINDS["gray16 to rgb"]
    write_pairs(tmp_path / "pairs", kind, count=3)
    write_pairs(tmp_path / "pairs", kind, count=1, split="val")
    parse(check_data, [str(tmp_path / "pairs"), *GRAY16, "--json", str(tmp_path / "report.json")], "prog")
    rows = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert {"input pictures 3 1", "pairs 3 1", "sizes (width x height) 64x32: 3 64x32: 1"} <= rows
    assert {"numbers of inputs 0..65535 0..65535", "numbers of outputs 0..255 0..255", "no errors, no warnings"} <= rows
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["splits"][0]["input_range"] == [0, 65535]
    assert report["input_pixels"] == {"channels": 1, "dtype": "uint16", "low": 0, "high": None}


def test_all_that_is_wrong_is_listed_and_ends_with_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = KINDS["gray16 to rgb"]
    root = write_pairs(tmp_path / "pairs", kind, count=4)
    write_picture(root / "train_A/0.png", numbers(kind.made, 0))
    write_picture(root / "train_A/1.png", numbers(kind.given, 0, 16, 16))
    (root / "train_B/2.png").unlink()
    with pytest.raises(SystemExit) as caught:
        parse(check_data, [str(root), *GRAY16], "prog")
    assert caught.value.code == 1
    out = capsys.readouterr().out
    assert "train_A/0.png: holds 3 channels of uint8, where 1 channel of uint16 are expected" in out
    assert "train_A/1.png is 16x16 (width x height) but " in out
    assert "train_A/2.png: has no output picture of the same name in" in out
    assert "3 errors, 1 warning" in out


def test_a_range_that_is_hardly_used_and_plain_pictures_are_warned_of(tmp_path: Path, capsys) -> None:
    for number, most in enumerate((4095, 0)):
        picture = (numbers(KINDS["rgb to gray"].made, number).astype(np.uint16) * 16).clip(0, most)
        write_picture(tmp_path / "train_A" / f"{number}.png", picture)
        write_picture(tmp_path / "train_B" / f"{number}.png", numbers(KINDS["gray16 to rgb"].made, number))
    parse(check_data, [str(tmp_path), *GRAY16], "prog")
    out = capsys.readouterr().out
    assert (
        "train: the input pictures hold numbers 0..4080 of 0..65535: the networks see little of that range; set data.input_"
        in out
    )
    assert "train: 1 pictures hold a single number throughout:" in out
    assert "has no split val" in out


def test_photos_of_label_maps_are_read_as_what_they_are_said_to_be(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (data / "train_img").iterdir():
        write_picture(path, numbers(KINDS["gray16 to rgb"].given, 0))
    arguments = [str(data), "--label-set", str(data / "labels.json"), "--output-pixels.channels", "1"]
    parse(check_data, [*arguments, "--output-pixels.dtype", "uint16"], "prog")
    assert "no errors" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        parse(check_data, arguments, "prog")
    out = capsys.readouterr().out
    assert "train_img/0.png: holds 1 channel of uint16, where 1 channel of uint8 are expected" in out


def test_wrong_commands_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no split train in the format folder \(folders train_A and train_B\)"):
        parse(check_data, [str(tmp_path), "--input", "image"], "prog")
    with pytest.raises(InputError, match="--draft-label-set reads label maps"):
        parse(check_data, [str(tmp_path), "--input", "image", "--draft-label-set", "a.json"], "prog")
    with pytest.raises(InputError, match=r"reads folders \{split\}_A and \{split\}_B; set data.format cityscapes to folder"):
        parse(check_data, [str(tmp_path), "--input", "image", "--format", "cityscapes"], "prog")
