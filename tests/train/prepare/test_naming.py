from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats.test_data_sets import photo
from tests.train.prepare.sources import cvat, pictures_of, tar_folder, zip_folder
from tfhd.train.prepare.command import prepare


@pytest.mark.parametrize("kind", ["folders", "zip", "tar"])
def test_tasks_with_equal_frame_names_are_all_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    source = tmp_path / "source"
    for task, light in (("one", 0), ("two", 90)):
        root = cvat((source if kind == "folders" else tmp_path) / task, light)
        if kind != "folders":
            source.mkdir(exist_ok=True)
            (zip_folder if kind == "zip" else tar_folder)(root, source / f"{task}.{kind}")
    prepare("cvat", source, tmp_path / "out")
    found = {
        name: int(np.asarray(Image.open(tmp_path / "out" / "train_img" / name))[0, 0, 0])
        for name in ("one/frame_0.png", "one/frame_1.png", "two/frame_0.png", "two/frame_1.png")
    }
    assert list(found.values()) == [0, 1, 90, 91]
    assert np.asarray(Image.open(tmp_path / "out" / "train_label" / "one" / "frame_1.png")).max() == 0
    assert np.asarray(Image.open(tmp_path / "out" / "train_label" / "two" / "frame_1.png")).min() == 1
    said = capsys.readouterr().out
    assert f"{tmp_path / 'out'}: train: 4 pictures written\n" in said
    assert "note: 4 pictures share their names with others; their folders tell them apart (first: one/frame_0)" in said


def test_a_photo_that_two_files_annotate_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    for task, light in (("one", 90), ("two", 0)):
        shutil.rmtree(cvat(source / task, light, frames=1) / "JPEGImages")
    photo(source / "photos" / "frame_0.jpg", (32, 32))
    prepare("cvat", source, out)
    assert f"{out}: of these pictures, 1 left out (1: further annotations of a photo, of which the first counts" in (
        capsys.readouterr().out
    )
    assert np.asarray(Image.open(out / "train_label" / "frame_0.png")).min() == 1


def test_a_task_without_photos_does_not_take_those_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source"
    for task in ("one", "two"):
        shutil.rmtree(cvat(source / task, 90, frames=2) / "JPEGImages")
    photo(source / "one" / "JPEGImages" / "frame_0.jpg", (32, 32))
    (source / "one" / "SegmentationClass" / "frame_1.png").unlink()
    prepare("cvat", source, tmp_path / "out")
    assert "train: 1 pictures written\n" in capsys.readouterr().out
    assert pictures_of(tmp_path / "out")[0] == "train_img/frame_0.jpg"
    left_out = json.loads((tmp_path / "out" / "prepared.json").read_text())["left_out"]
    assert [item["what"] for item in left_out] == [f"two/SegmentationClass/frame_{index}.png" for index in (0, 1)]


def test_a_photo_that_is_found_for_two_pictures_is_taken_for_neither(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    for name in ("a/1", "b/1", "b/2"):  # a's own photo is missing
        shape = {"label": "car", "points": [[2, 2], [20, 2], [20, 20]], "shape_type": "polygon"}
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / f"{name}.json").write_text(json.dumps({"shapes": [shape], "imagePath": f"{name[-1]}.jpg"}))
        if name != "a/1":
            photo(source / f"{name}.jpg", (32, 32))
    prepare("labelme", source, out)
    assert pictures_of(out)[0] == "train_img/b/2.jpg"
    left_out = json.loads((out / "prepared.json").read_text())["left_out"]
    assert [(item["what"], item["group"]) for item in left_out] == [
        ("a/1", "photos that are those of other pictures too"),
        ("b/1", "photos that are those of other pictures too"),
    ]
