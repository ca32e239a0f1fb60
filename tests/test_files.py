from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.files import new_folder


def test_a_folder_appears_once_it_is_whole_with_the_usual_permissions(tmp_path: Path) -> None:
    target = tmp_path / "models" / "1"
    with new_folder(target) as folder:
        (folder / "file").write_text("whole")
        assert not target.exists()
        assert not any(name.isdecimal() for name in os.listdir(target.parent))
    assert os.listdir(target.parent) == ["1"]
    assert (target / "file").read_text() == "whole"
    (tmp_path / "usual").mkdir()
    assert target.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_of_two_that_write_one_folder_at_once_the_first_to_end_is_kept_whole(tmp_path: Path) -> None:
    target = tmp_path / "1"

    def write_twice() -> None:
        with new_folder(target) as slow:
            (slow / "slow").touch()
            with new_folder(target) as fast:
                (fast / "fast").touch()
            (slow / "slow too").touch()

    with pytest.raises(InputError, match="1: another program wrote it meanwhile; remove it, or choose another folder"):
        write_twice()
    assert os.listdir(tmp_path) == ["1"]
    assert os.listdir(target) == ["fast"]


def test_an_empty_folder_or_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    for appear in (Path.mkdir, Path.touch):
        target = tmp_path / appear.__name__
        with pytest.raises(InputError, match="another program wrote it meanwhile"), new_folder(target):
            appear(target)
        assert target.exists()
    assert len(os.listdir(tmp_path)) == 2


def test_a_link_to_nowhere_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to(tmp_path / "absent")
    with pytest.raises(InputError, match="1: exists already"), new_folder(tmp_path / "1"):
        pass


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "1") as folder:
            (folder / "half").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not os.listdir(tmp_path)
