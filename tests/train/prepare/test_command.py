from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats.test_data_sets import photo, save
from tests.train.prepare.two_commands import assert_trained, prepare_and_fit
from tfhd.config import Config
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.train.prepare.command import prepare
from tfhd.train.prepare.source import open_source
from tfhd_client import read_size


def roboflow(root: Path, pictures: int = 2, size: tuple[int, int] = (64, 96)) -> Path:
    for index in range(pictures):
        label = np.zeros(size, np.uint8)
        label[10:30, 10 * index + 10 : 10 * index + 40] = 1
        save(root / "train" / f"p{index}_jpg.rf.0_mask.png", label)
        random = np.random.default_rng(index).integers(0, 256, (*size, 3), np.uint8)
        save(root / "train" / f"p{index}_jpg.rf.0.jpg", random)
    (root / "train" / "_classes.csv").write_text("Pixel Value, Class\n0, background\n1, car\n")
    return root


def files(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in sorted(root.rglob("*")) if path.is_file()}


def test_two_commands_lead_to_a_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "data"
    losses = prepare_and_fit("roboflow", source, tmp_path, capsys, "--countable", "car")
    assert_trained(losses, tmp_path / "run", {"background", "car"})
    maps = {kind: np.asarray(Image.open(out / f"train_{kind}" / "p1_jpg.rf.0.png")) for kind in ("label", "inst")}
    assert (maps["label"].dtype, maps["label"].max(), maps["inst"].max()) == (np.uint16, 1, 1000)
    linked = out / "train_img" / "p1_jpg.rf.0.jpg"
    assert linked.stat().st_ino == (source / "train" / "p1_jpg.rf.0.jpg").stat().st_ino


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    record = out / "prepared.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"complete": False}))
    before = files(out)
    (out / "train_inst" / "p0_jpg.rf.0.png").unlink()
    prepare("roboflow", source, out)
    after = files(out)
    assert set(after) == set(before)
    assert {name for name in after if after[name] != before[name] and "p1" in name} == set()


def test_maps_that_were_corrected_since_are_written_anew(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    save(source / "train" / "p0_jpg.rf.0_mask.png", np.ones((64, 96), np.uint8))
    prepare("roboflow", source, out)
    assert np.asarray(Image.open(out / "train_label" / "p0_jpg.rf.0.png")).min() == 1


def test_other_settings_or_other_classes_need_another_folder(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    with pytest.raises(InputError, match=r"was prepared with width None, now it is 64; choose another folder"):
        prepare("roboflow", source, out, width=64)
    (source / "train" / "_classes.csv").write_text("Pixel Value, Class\n0, background\n1, bus\n")
    with pytest.raises(InputError, match="the source has other classes now"):
        prepare("roboflow", source, out)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="neither empty nor a prepared folder"):
        prepare("roboflow", source, tmp_path / "mine")


def test_what_cannot_be_read_is_left_out_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    roboflow(source, 3)
    (source / "train" / "p0_jpg.rf.0_mask.png").write_bytes(b"no picture")
    photo(source / "train" / "p1_jpg.rf.0.jpg", (8, 8))
    prepare("roboflow", source, out)
    record = json.loads((out / "prepared.json").read_text())
    assert (record["complete"], record["pictures"]) == (True, {"train": 1})
    assert [item["what"] for item in record["left_out"]] == ["p0_jpg.rf.0", "p1_jpg.rf.0"]
    assert "make both the same size" in record["left_out"][1]["why"]
    assert "left out: p0_jpg.rf.0: " in capsys.readouterr().out
    assert sorted(path.name for path in (out / "train_label").iterdir()) == ["p2_jpg.rf.0.png"]


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "folder of both"])
def test_archives_are_unpacked_and_forgotten(tmp_path: Path, kind: str) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    given = tmp_path / ("set." + kind) if kind != "folder of both" else tmp_path / "archives"
    names = sorted(source.rglob("*.*"))
    if kind == "folder of both":
        given.mkdir()
    zipped = names if kind == "zip" else names[:3] if kind == "folder of both" else []
    if zipped:
        with zipfile.ZipFile(given / "a.zip" if given.is_dir() else given, "w") as file:
            for path in zipped:
                file.write(path, path.relative_to(source))
    packed = [path for path in names if path not in zipped]
    if packed:
        with tarfile.open(given / "b.tar.gz" if given.is_dir() else given, "w:gz") as file:
            for path in packed:
                file.add(path, path.relative_to(source))
    prepare("roboflow", given, out)
    assert len(list((out / "train_img").iterdir())) == 2
    assert not (out / ".source").exists()


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png", "..\\evil.png", "C:/evil.png"])
def test_archives_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    for kind in ("zip", "tar"):
        path, out = tmp_path / f"set.{kind}", tmp_path / f"out_{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as file:
                file.writestr(zipfile.ZipInfo(name), b"x")
        else:
            with tarfile.open(path, "w") as file:
                info = tarfile.TarInfo(name)
                info.size = 1
                file.addfile(info, io.BytesIO(b"x"))
        with pytest.raises(InputError, match="names a file outside of it"):
            prepare("roboflow", path, out)
    assert not [found for found in tmp_path.rglob("*") if "evil" in found.name]


def test_links_in_archives_lead_nowhere(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "set.tar", "w") as file:
        link = tarfile.TarInfo("train")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        file.addfile(link)
    with pytest.raises(InputError, match="holds no _classes"):
        prepare("roboflow", tmp_path / "set.tar", tmp_path / "out")


def test_at_training_size_training_gets_the_pictures_that_it_would_make(tmp_path: Path) -> None:
    source = roboflow(tmp_path / "source", size=(128, 192))
    batches = []
    for out, size in ((tmp_path / "full", {}), (tmp_path / "small", {"width": 96, "height": 64})):
        prepare("roboflow", source, out, countable=("car",), **size)
        data = {"root": str(out), "label_set": str(out / "label_set.json"), "height": 64, "width": 96, "batch_size": 2}
        config = Config.from_json(json.dumps({"data": data}))
        batches.append(next(iter(build_dataset(config, "train"))))
    for name in ("label", "instance", "image"):
        np.testing.assert_array_equal(*(batch[name].numpy() for batch in batches))
    assert read_size(tmp_path / "small" / "train_img" / "p0_jpg.rf.0.png") == (64, 96)


def test_pictures_keep_their_split_when_others_come(tmp_path: Path) -> None:
    def splits(count: int) -> dict[str, str]:
        source, out = tmp_path / f"s{count}", tmp_path / f"o{count}"
        for index in range(count):
            save(source / "training" / "instance" / f"{index}.png", np.full((32, 32), 26 * 256 + 1, np.uint16))
            photo(source / "training" / "image_2" / f"{index}.png", (32, 32))
        prepare("kitti", source, out, val_share=0.4)
        return {path.stem: split for split in ("train", "val") for path in (out / f"{split}_label").iterdir()}

    few, many = splits(8), splits(16)
    assert {name: many[name] for name in few} == few
    assert set(few.values()) == {"train", "val"}


def test_counts_that_differ_from_the_papers_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "s" / "gtFine" / "train" / "ulm" / "u_gtFine_labelIds.png", np.full((32, 32), 7, np.uint8))
    photo(tmp_path / "s" / "leftImg8bit" / "train" / "ulm" / "u_leftImg8bit.png", (32, 32))
    prepare("cityscapes", tmp_path / "s", tmp_path / "out")
    assert (
        "note: train: 1 pictures, where the paper has 2975\nnote: val: 0 pictures, where the paper has 500\n"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"kind": "fine"}, "--kind fine: roboflow has none"),
        ({"height": 64}, "--height 64: give --width too"),
        ({"width": 0}, "--width 0 --height None: each must be at least 32"),
        ({"val_share": 1.5}, "--val-share is 1.5"),
        ({"countable": ("cow",)}, "lists no such class"),
    ],
)
def test_wrong_flags_are_refused(tmp_path: Path, flags: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare("roboflow", roboflow(tmp_path / "source"), tmp_path / "out", **flags)
    assert not (tmp_path / "out").exists()


def listed(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.is_file())


def pictures_of(out: Path) -> list[str]:
    return [name for name in listed(out) if "/" in name]


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


def cvat(root: Path, light: int, frames: int = 2) -> Path:
    (root / "SegmentationClass").mkdir(parents=True)
    (root / "labelmap.txt").write_text("background:0,0,0::\ncar:255,0,124::\n")
    for index in range(frames):
        save(root / "SegmentationClass" / f"frame_{index}.png", np.full((32, 32, 3), (255, 0, 124) if light else 0, np.uint8))
        save(root / "JPEGImages" / f"frame_{index}.png", np.full((32, 32, 3), light + index, np.uint8))
    return root


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


def zip_folder(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for found in sorted(folder.rglob("*.*")):
            file.write(found, found.relative_to(folder))


def tar_folder(folder: Path, path: Path) -> None:
    with tarfile.open(path, "w") as file:
        for found in sorted(folder.rglob("*.*")):
            file.add(found, found.relative_to(folder))


def test_archives_that_share_nothing_but_readmes_are_one_tree(tmp_path: Path) -> None:
    label, image = tmp_path / "gt", tmp_path / "photos"
    save(label / "gtFine" / "train" / "ulm" / "u_gtFine_labelIds.png", np.full((32, 32), 7, np.uint8))
    photo(image / "leftImg8bit" / "train" / "ulm" / "u_leftImg8bit.png", (32, 32))
    (tmp_path / "source").mkdir()
    for folder in (label, image):
        (folder / "README.txt").write_text(folder.name)
        zip_folder(folder, tmp_path / "source" / f"{folder.name}.zip")
    (tmp_path / "out").mkdir()
    tree = open_source(tmp_path / "source", tmp_path / "out")
    assert [name.partition("/")[0] for name in tree.files] == ["README.txt", "gtFine", "leftImg8bit"]


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


def test_out_may_not_lie_in_the_source(tmp_path: Path) -> None:
    source = roboflow(tmp_path / "source")
    with pytest.raises(InputError, match="choose a folder outside of it"):
        prepare("roboflow", source, source / "out")
    assert os.path.isdir(source / "train")
