from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.pictures import check_output, find_pictures, list_paths, write_picture
from tfhd_client import read_photo


def test_pictures_are_listed_by_name_and_duplicates_apart(tmp_path: Path) -> None:
    for name in ("b.png", "a_gray.JPG", "a.tif", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    found = find_pictures(tmp_path, endings=("_gray",))
    assert found.by_name == {"a": tmp_path / "a.tif", "b": tmp_path / "b.png"}
    assert found.duplicates == [
        (tmp_path / "a_gray.JPG", f"{tmp_path}: a.tif and a_gray.JPG share the name 'a'; keep one of them")
    ]


def test_a_folder_that_is_absent_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find_pictures(tmp_path / "none")


def test_three_paths_are_listed() -> None:
    assert list_paths([Path("a"), Path("b")]) == "a, b"
    assert list_paths([Path(name) for name in "abcd"]) == "a, b, c, ..."


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
