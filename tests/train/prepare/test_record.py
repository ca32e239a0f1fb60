from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.formats.test_data_sets import photo
from tests.train.prepare.sources import listed, pictures_of, roboflow
from tfhd.errors import InputError
from tfhd.train.prepare.command import prepare


def test_pictures_that_left_the_source_leave_the_folder_and_nothing_else_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = roboflow(tmp_path / "source", 3), tmp_path / "out"
    prepare("roboflow", source, out)
    (out / "train_label" / "mine.txt").write_text("not of prepare")
    for path in (source / "train").glob("p1_*"):
        path.unlink()
    (source / "train" / "p2_jpg.rf.0.jpg").write_bytes(b"no photo")
    capsys.readouterr()
    prepare("roboflow", source, out)
    names = ["train_img/p0_jpg.rf.0.jpg", "train_inst/p0_jpg.rf.0.png", "train_label/mine.txt", "train_label/p0_jpg.rf.0.png"]
    assert pictures_of(out) == names
    said = capsys.readouterr().out
    assert f"{out}: 2 pictures of an earlier run removed, which the source no longer holds or which are left out now" in said
    assert json.loads((out / "prepared.json").read_text())["photos"] == ["train_img/p0_jpg.rf.0.jpg"]


def test_what_a_run_that_was_stopped_wrote_is_removed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = roboflow(tmp_path / "source", 2), tmp_path / "out"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tfhd.train.prepare.command.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare("roboflow", source, out)
    assert len(pictures_of(out)) == 6
    for path in (source / "train").glob("p1_*"):
        path.unlink()
    prepare("roboflow", source, out)
    assert pictures_of(out) == ["train_img/p0_jpg.rf.0.jpg", "train_inst/p0_jpg.rf.0.png", "train_label/p0_jpg.rf.0.png"]


def test_a_photo_of_another_suffix_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source", 1), tmp_path / "out"
    prepare("roboflow", source, out)
    (source / "train" / "p0_jpg.rf.0.jpg").unlink()
    photo(source / "train" / "p0_jpg.rf.0.png", (64, 96))
    prepare("roboflow", source, out)
    assert pictures_of(out) == ["train_img/p0_jpg.rf.0.png", "train_inst/p0_jpg.rf.0.png", "train_label/p0_jpg.rf.0.png"]


def test_a_split_that_is_gone_leaves_no_folders(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source", 2), tmp_path / "out"
    (source / "valid").mkdir()
    for path in [*(source / "train").glob("p1_*"), source / "train" / "_classes.csv"]:
        (source / "valid" / path.name).write_bytes(path.read_bytes())
    prepare("roboflow", source, out)
    assert (out / "val_label").is_dir()
    for path in (source / "valid").iterdir():
        path.unlink()
    prepare("roboflow", source, out)
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["train_img", "train_inst", "train_label"]


@pytest.mark.parametrize("photos", [None, ["../mine.jpg"], ["train_img/../../mine.jpg"], ["mine.jpg"], [3]])
def test_a_record_that_names_other_files_removes_nothing(tmp_path: Path, photos: object) -> None:
    source, out = roboflow(tmp_path / "source", 1), tmp_path / "out"
    prepare("roboflow", source, out)
    for path in (tmp_path / "mine.jpg", out / "mine.jpg"):
        path.touch()
    record = json.loads((out / "prepared.json").read_text()) | {"photos": photos}
    (out / "prepared.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="is no record of a prepared folder"):
        prepare("roboflow", source, out)
    assert (tmp_path / "mine.jpg").exists()
    assert (out / "mine.jpg").exists()


def test_a_source_that_is_gone_leaves_what_was_prepared_from_it(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    before = listed(out)
    for path in (source / "train").glob("*.jpg"):
        path.write_bytes(b"no photo")
    with pytest.raises(InputError, match="no picture could be prepared"):
        prepare("roboflow", source, out)
    for path in (source / "train").glob("*.jpg"):
        path.unlink()
    with pytest.raises(InputError, match="no picture could be prepared"):
        prepare("roboflow", source, out)
    assert listed(out) == before


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=f"{name}: cannot make this folder .*; choose another place"):
        prepare("roboflow", roboflow(tmp_path / "source"), tmp_path / name)
