from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.full_disk import largest_file
from tfhd.errors import InputError
from tfhd.files import new_folder, write_text, written


def test_a_folder_appears_once_it_is_whole_with_the_usual_permissions(tmp_path: Path) -> None:
    target = tmp_path / "models" / "1"
    with new_folder(target, "model") as folder:
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
        with new_folder(target, "model") as slow:
            (slow / "slow").touch()
            with new_folder(target, "model") as fast:
                (fast / "fast").touch()
            (slow / "slow too").touch()

    with pytest.raises(InputError, match="1: another program wrote it meanwhile; remove it, or choose another folder"):
        write_twice()
    assert os.listdir(tmp_path) == ["1"]
    assert os.listdir(target) == ["fast"]


def test_an_empty_folder_or_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    for appear in (Path.mkdir, Path.touch):
        target = tmp_path / appear.__name__
        with pytest.raises(InputError, match="another program wrote it meanwhile"), new_folder(target, "model"):
            appear(target)
        assert target.exists()
    assert len(os.listdir(tmp_path)) == 2


def test_a_link_to_nowhere_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to(tmp_path / "absent")
    with pytest.raises(InputError, match="1: exists already"), new_folder(tmp_path / "1", "model"):
        pass


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "1", "model") as folder:
            (folder / "half").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not os.listdir(tmp_path)


def test_a_written_file_replaces_an_older_one_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    path.write_text("old")
    with written(path, "style table") as partial:
        assert (partial.parent, partial.suffix) == (tmp_path, ".npz")
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["table.npz"]


def test_a_file_on_a_full_disk_stays_as_it_was(tmp_path: Path) -> None:
    write_text(tmp_path / "checks.json", "old", "comparison")
    message = r"checks\.json: cannot write the comparison \(File too large\); free disk space or choose another place"
    with largest_file(1000), pytest.raises(InputError, match=message):
        write_text(tmp_path / "checks.json", "new" * 1000, "comparison")
    assert (tmp_path / "checks.json").read_text() == "old"
    assert os.listdir(tmp_path) == ["checks.json"]


def test_a_block_that_fails_leaves_the_older_file(tmp_path: Path) -> None:
    def fail() -> None:
        with written(tmp_path / "file", "table") as partial:
            partial.touch()
            raise ZeroDivisionError

    (tmp_path / "file").write_text("old")
    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]
