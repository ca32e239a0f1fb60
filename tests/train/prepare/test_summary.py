from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats.test_data_sets import photo, save
from tests.train.prepare.sources import roboflow
from tfhd.errors import InputError
from tfhd.train.prepare.command import prepare


def test_counts_that_differ_from_the_papers_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "s" / "gtFine" / "train" / "ulm" / "u_gtFine_labelIds.png", np.full((32, 32), 7, np.uint8))
    photo(tmp_path / "s" / "leftImg8bit" / "train" / "ulm" / "u_leftImg8bit.png", (32, 32))
    prepare("cityscapes", tmp_path / "s", tmp_path / "out")
    assert (
        "note: train: 1 pictures, where the paper has 2975\nnote: val: 0 pictures, where the paper has 500\n"
        in capsys.readouterr().out
    )


def two_splits(root: Path) -> Path:
    roboflow(root, 2)
    (root / "valid").mkdir()
    for path in sorted((root / "train").iterdir()):
        (root / "valid" / path.name).write_bytes(path.read_bytes())
    return root


def test_a_line_per_split_tells_what_was_written_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = two_splits(tmp_path / "source"), tmp_path / "out"
    (source / "train" / "p0_jpg.rf.0.jpg").unlink()
    (source / "valid" / "p1_jpg.rf.0_mask.png").write_bytes(b"no picture")
    prepare("roboflow", source, out)
    said = capsys.readouterr().out
    assert f"{out}: train: 1 pictures written, 1 left out (1: no photo of this name beside it)\n" in said
    assert f"{out}: val: 1 pictures written, 1 left out (1: files that cannot be read, or do not fit each other)\n" in said


def test_a_split_that_is_lost_whole_is_an_error_before_anything_is_written(tmp_path: Path) -> None:
    source, out = two_splits(tmp_path / "source"), tmp_path / "out"
    for path in (source / "valid").glob("*.jpg"):
        path.unlink()
    with pytest.raises(
        InputError, match=r"source: all 2 pictures of val were left out, the first .* no photo of this name beside it; "
    ) as caught:
        prepare("roboflow", source, out)
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_a_split_of_which_nothing_can_be_read_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = two_splits(tmp_path / "source"), tmp_path / "out"
    for path in (source / "valid").glob("*_mask.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match="all 2 pictures of val were left out"):
        prepare("roboflow", source, out)
    said = capsys.readouterr().out
    assert f"{out}: val: 0 pictures written, 2 left out" in said
    assert "train on it with" not in said
    roboflow(source / "mended")
    for path in (source / "mended" / "train").glob("*_mask.png"):
        (source / "valid" / path.name).write_bytes(path.read_bytes())
    shutil.rmtree(source / "mended")
    prepare("roboflow", source, out)
    assert json.loads((out / "prepared.json").read_text())["pictures"] == {"train": 2, "val": 2}


def test_without_any_picture_nothing_is_left(tmp_path: Path) -> None:
    document = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "car"}]}
    (tmp_path / "coco").mkdir()
    (tmp_path / "coco" / "result.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="no picture could be prepared; check that annotations and photos are there"):
        prepare("coco", tmp_path / "coco", tmp_path / "out")
    source = roboflow(tmp_path / "unreadable")
    for path in (source / "train").glob("*_mask.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match="no picture could be prepared; the first was left out since"):
        prepare("roboflow", source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_tfds_set_of_an_earlier_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    assert "earlier run" not in capsys.readouterr().out
    (out / "tfds").mkdir()
    prepare("roboflow", source, out)
    assert f"note: {out / 'tfds'} is of an earlier run and stays as it was" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["scene", "full"])
def test_ade20k_draws_no_warning_of_train_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    root = tmp_path / "ADE"
    for folder in ("training", "validation"):
        if kind == "scene":
            objects = np.arange(1, 2501).reshape(50, 50)  # more than a thousand, so that their ids go beyond 2000
            save(root / "annotations" / folder / "a.png", np.full((50, 50), 13, np.uint8))
            save(
                root / "annotations_instance" / folder / "a.png",
                np.stack([objects // 250 + 1, objects % 250, objects * 0], 2).astype(np.uint8),
            )
            photo(root / "images" / folder / "a.jpg", (50, 50))
            continue
        place = root / "images" / "ADE" / folder / "street"
        colors = np.full((50, 50, 3), (110, 117, 0), np.uint8)  # class 2933, and no object
        colors[:20, :20], colors[30:, 30:] = (110, 117, 255), (0, 2, 255)
        save(place / "a_seg.png", colors)
        photo(place / "a.jpg", (50, 50))
        objects = [{"name_ndx": 2933, "name": "wall"}, {"name_ndx": 2, "name": "car"}, {"name_ndx": 3, "name": "bus"}]
        (place / "a.json").write_text(json.dumps({"annotation": {"object": objects}}))
    prepare("ade20k", root, tmp_path / "out")
    highest = np.asarray(Image.open(tmp_path / "out" / "train_inst" / "a.png")).max()
    assert highest > 2000
    said = capsys.readouterr().out
    assert "thousands" not in said
    assert "trainIds" not in said


def coco_of_both_splits(root: Path) -> Path:
    """Annotations of train and val, as COCO's archive holds them, and the photos of val alone."""
    for split, numbers in (("train", (1, 2)), ("val", (3, 4))):
        document = {
            "images": [{"id": number, "file_name": f"{number:012d}.jpg", "height": 32, "width": 32} for number in numbers],
            "annotations": [],
            "categories": [{"id": 1, "name": "car"}],
        }
        path = root / "annotations" / f"instances_{split}2017.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    for number in (3, 4):
        photo(root / "val2017" / f"{number:012d}.jpg", (32, 32))
    return root


def test_a_coco_file_without_its_photos_is_named_and_the_way_to_train_on_val_alone_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = coco_of_both_splits(tmp_path / "coco")
    expected = (
        r"all 2 pictures of train .*instances_train2017.json: 000000000001.jpg\) since: none of the photos that the file lists "
    )
    with pytest.raises(InputError, match=expected):
        prepare("coco", source, tmp_path / "out")
    assert not (tmp_path / "out").exists()

    annotations = source / "annotations"
    (annotations / "instances_train2017.json").unlink()
    with pytest.raises(SystemExit):
        prepare("coco", source, tmp_path / "out")
    said = capsys.readouterr().out
    assert "note: no pictures of train, which `fit` needs; add them, or rename the files or folders that say which split" in said

    (annotations / "instances_val2017.json").rename(annotations / "instances.json")
    prepare("coco", source, tmp_path / "whole")
    said = capsys.readouterr().out
    assert f"{tmp_path / 'whole'}: train: 2 pictures written\n" in said
    assert "which `fit` needs" not in said
