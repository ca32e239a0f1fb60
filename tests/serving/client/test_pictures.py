from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfhd.errors import InputError
from tfhd.pictures import check_output, write_picture
from tfhd_client import read_ids, read_photo

IDS = np.array([[0, 1, 2], [26, 33, 255]], np.uint8)


def test_gray_of_8_and_16_bits_and_palette_indices_are_read_as_stored(tmp_path: Path) -> None:
    wide = np.array([[0, 26001, 65535]], np.uint16)
    palette = Image.fromarray(IDS).convert("P")
    palette.putpalette(list(np.random.default_rng(0).integers(0, 256, 768)))
    for name, picture, expected in (
        ("gray", Image.fromarray(IDS), IDS),
        ("wide", Image.fromarray(wide), wide),
        ("palette", palette, IDS),
        ("bits", Image.fromarray(IDS > 1), IDS > 1),
    ):
        picture.save(tmp_path / f"{name}.png")
        np.testing.assert_array_equal(read_ids(tmp_path / f"{name}.png"), expected)


def test_pictures_of_colours_are_refused_with_the_remedy(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "rgb.png")
    Image.new("L", (4, 4)).save(tmp_path / "gray.jpg")
    with pytest.raises(InputError, match=r"rgb\.png: is a picture of RGB pixels.*as a gray \(8 or 16 bit\) or palette PNG"):
        read_ids(tmp_path / "rgb.png")
    with pytest.raises(InputError, match=r"gray\.jpg: is a JPEG file"):
        read_ids(tmp_path / "gray.jpg")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:200])
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    for name, reason in (("cut", "cut off"), ("text", "not a picture"), ("absent", "no such file")):
        for read in (read_ids, read_photo):
            with pytest.raises(InputError, match=rf"{name}\.png: .*{reason}"):
                read(tmp_path / f"{name}.png")


def test_output_is_checked_before_the_work(tmp_path: Path) -> None:
    check_output(tmp_path / "out.JPG")
    with pytest.raises(InputError, match=r"cannot write \.gif; end it in \.png"):
        check_output(tmp_path / "out.gif")
    with pytest.raises(InputError, match=r"cannot write a file without suffix; end it"):
        check_output(tmp_path / "out")
    for folder in ("absent", "x" * 300):
        with pytest.raises(InputError, match=rf"no folder .*{folder}; create it"):
            check_output(tmp_path / folder / "out.png")


def test_what_cannot_be_written_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, height, reason in (
        (tmp_path / ("x" * 250 + ".png"), 1, "File name too long"),
        (tmp_path / "long.jpg", 65501, "when writing image file"),  # JPEG's limit is 65500
        (tmp_path / "file" / "out.png", 1, "cannot make this folder"),
    ):
        with pytest.raises(InputError, match=reason) as error:
            write_picture(path, np.zeros((height, 1, 3), np.uint8))
        assert "\n" not in str(error.value)
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_keeps_the_picture_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    write_picture(path, np.zeros((8, 8, 3), np.uint8))
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # no file may grow beyond this
    try:
        with pytest.raises(InputError, match=r"out\.png: cannot write the picture"):
            write_picture(path, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not read_photo(path).any()
    assert [found.name for found in tmp_path.iterdir()] == ["out.png"]
