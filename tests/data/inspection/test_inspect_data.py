from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tests.tiny_training import training_config
from tfhd.config import DataConfig
from tfhd.data import DataReport, check_examples, inspect_data
from tfhd.errors import InputError
from tfhd.label_sets import LabelClass, LabelSet


def _save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Streets of 64x128 with instance maps: four in train with 1, 2, 3, 4 cars, one in val with 2."""
    for split, cars in (("train", (1, 2, 3, 4)), ("val", (2,))):
        for number, count in enumerate(cars):
            label, instance = street(64, 128, cars=count)
            for kind, array in (("label", label), ("inst", instance), ("img", np.stack([label] * 3, axis=2))):
                _save(tmp_path / f"{split}_{kind}" / f"{number}.png", array)
    (tmp_path / "tiny.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    return tmp_path


def _config(root: Path) -> DataConfig:
    return DataConfig(root=str(root), label_set=str(root / "tiny.json"))


def _inspect(root: Path, *splits: str) -> DataReport:
    return inspect_data(_config(root), splits or ("train", "val"))


def _errors(report: DataReport, root: Path) -> list[tuple[str, str, str]]:
    return [(error.kind, error.split, Path(error.path).relative_to(root).as_posix()) for error in report.errors]


def test_files_classes_and_instances_are_counted(root: Path) -> None:
    report = _inspect(root)
    train, val = report.splits
    assert (report.errors, report.label_set, report.format) == ((), "tiny", "folder")
    assert [(split.name, split.label_maps, split.photos, split.instance_maps, split.pictures) for split in (train, val)] == [
        ("train", 4, 4, 4, 4),
        ("val", 1, 1, 1, 1),
    ]
    assert [(size.width, size.height, size.pictures) for size in train.sizes] == [(128, 64, 4)]
    road, car, unused = train.classes
    assert (road.name, road.pictures, road.instances) == ("road", 4, 4)
    assert (car.name, car.countable, car.pictures, car.instances) == ("car", True, 4, 10)
    assert (unused.pixels, unused.pictures, unused.instances) == (0, 0, 0)
    assert road.pixels + car.pixels == 4 * 64 * 128
    assert train.instance_source == "maps"
    assert (train.instances.total, train.instances.least, train.instances.median, train.instances.most) == (14, 2, 3.5, 5)
    assert (train.objects.total, train.objects.mean, train.objects.most) == (10, 2.5, 4)


def test_errors_of_all_files_are_collected(root: Path) -> None:
    (root / "train_img" / "0.png").unlink()
    (root / "train_label" / "1.png").write_bytes((root / "train_label" / "1.png").read_bytes()[:-30])
    (root / "train_inst" / "2.png").unlink()
    _save(root / "train_label" / "3.png", np.full((64, 128), 99, np.uint8))
    _save(root / "train_img" / "3.png", np.zeros((64, 120, 3), np.uint8))
    _save(root / "val_img" / "0.jpg", np.zeros((64, 128, 3), np.uint8))
    _save(root / "val_inst" / "0.png", np.full((64, 128, 3), (1, 2, 3), np.uint8))
    report = _inspect(root)
    assert _errors(report, root) == [
        ("unpaired", "train", "train_label/0.png"),
        ("unpaired", "train", "train_label/2.png"),
        ("same name", "val", "val_img/0.png"),
        ("unreadable", "train", "train_label/1.png"),
        ("size", "train", "train_label/3.png"),
        ("values", "train", "train_label/3.png"),
        ("size", "train", "train_inst/3.png"),
        ("unreadable", "val", "val_inst/0.png"),
    ]
    assert all(Path(error.path).name in error.message and "\n" not in error.message for error in report.errors)
    train, val = report.splits
    assert (train.label_maps, train.photos, train.instance_maps, train.pictures) == (4, 3, 3, 3)
    assert (val.photos, val.pictures) == (2, 1)
    assert [(item.value, item.pixels, item.pictures) for item in train.outside] == [(99, 64 * 128, 1)]
    assert train.objects.total == 3


def test_a_split_whose_folder_is_absent_is_an_error_and_the_other_one_is_read(root: Path) -> None:
    for path in (root / "train_img").iterdir():
        path.unlink()
    (root / "train_img").rmdir()
    report = _inspect(root)
    (error,) = report.errors
    assert (error.kind, error.split) == ("folder", "train")
    assert f"{root / 'train_img'}: no such folder" in error.message
    assert [split.pictures for split in report.splits] == [0, 1]
    assert report.splits[0].instances is None


def test_the_order_is_that_of_names_however_threads_end(root: Path) -> None:
    for number in range(30):
        label = np.full((64, 128), 100 + number, np.uint8)
        for kind, array in (("label", label), ("inst", label), ("img", label)):
            _save(root / f"train_{kind}" / f"many_{number:02}.png", array)
    messages = [error.message for error in _inspect(root).errors]
    assert [f"many_{number:02}.png" in message for number, message in enumerate(messages)] == [True] * 30


def test_progress_counts_the_pictures_of_all_splits(root: Path) -> None:
    steps = []
    inspect_data(_config(root), ("train", "val"), lambda done, total: steps.append((done, total)))
    assert steps == [(number, 5) for number in range(1, 6)]


def test_json_holds_the_whole_report(root: Path) -> None:
    _save(root / "train_label" / "3.png", np.full((64, 128), 99, np.uint8))
    report = _inspect(root)
    document = json.loads(report.to_json())
    assert list(document) == ["root", "format", "label_set", "splits", "errors", "warnings"]
    assert document["splits"][0]["classes"][1]["instances"] == report.splits[0].classes[1].instances
    assert document["errors"] == [
        {
            "kind": "values",
            "split": "train",
            "path": str(root / "train_label" / "3.png"),
            "message": report.errors[0].message,
        }
    ]
    assert document["warnings"] == list(report.warnings)


def test_cityscapes_tree_is_read(tmp_path: Path) -> None:
    label, instance = street(64, 128, cars=2)
    for kind, ending, array in (
        ("gtFine", "gtFine_labelIds", label),
        ("gtFine", "gtFine_instanceIds", instance),
        ("leftImg8bit", "leftImg8bit", label),
    ):
        _save(tmp_path / kind / "train" / "ulm" / f"ulm_0_1_{ending}.png", array)
    report = inspect_data(DataConfig(format="cityscapes", root=str(tmp_path)), ("train",))
    counts = {item.name: item.instances for item in report.splits[0].classes if item.instances}
    assert (report.errors, counts) == ((), {"road": 1, "car": 1, "truck": 1})


def test_an_unknown_label_set_is_a_mistake_of_the_caller(root: Path) -> None:
    with pytest.raises(InputError, match="label set 'none' is not known"):
        inspect_data(DataConfig(root=str(root), label_set="none"), ("train",))


def test_real_scenes_have_no_errors(shared_data: Path) -> None:
    report = inspect_data(DataConfig(format="cityscapes", root=str(shared_data / "cityscapes")), ("val",))
    assert report.errors == ()
    assert report.splits[0].sizes[0].width == 2048
    person = next(item for item in report.splits[0].classes if item.name == "person")
    assert person.instances > person.pictures


def _save_palette(path: Path, indices: np.ndarray, colors: list[tuple[int, int, int]]) -> None:
    picture = Image.fromarray(indices).convert("P")
    picture.putdata(indices.ravel().tolist())
    picture.putpalette([channel for color in colors for channel in color])
    picture.save(path)


def test_palettes_that_are_numbered_anew_in_every_file_are_refused_by_name(root: Path) -> None:
    label_set = LabelSet("two", tuple(LabelClass(name, (index,), (index, 9, 9), False) for index, name in enumerate("abc")))
    (root / "tiny.json").write_text(label_set.to_json(), encoding="utf-8")
    red, green, blue = (200, 0, 0), (0, 200, 0), (0, 0, 200)
    indices = np.repeat(np.array([[0, 1]], np.uint8), 64, axis=1).repeat(64, axis=0)
    for number, colors in enumerate(([red, green], [red, green, blue], [red, blue], [red, green])):
        _save_palette(root / "train_label" / f"{number}.png", indices, colors)
    _save_palette(root / "val_label" / "0.png", indices, [blue, green])
    report = _inspect(root)
    assert _errors(report, root) == [("colours", "train", "train_label/2.png"), ("colours", "val", "val_label/0.png")]
    assert "shows id 1 in #0000c8, that of" in report.errors[0].message
    assert "train_label/0.png in #00c800" in report.errors[0].message
    config = replace(training_config(), data=replace(_config(root), height=64, width=128))
    with pytest.raises(InputError, match=r"train_label/2\.png: its palette shows id 1 in #0000c8"):
        check_examples(config, ("train", "val"))


def test_gray_files_among_maps_in_colours_are_refused_where_gray_may_be_a_colour(root: Path) -> None:
    """As a program leaves them that makes files smaller: of a map in colours that is all black, gray of 8 bits remains."""
    sky, void = LabelClass("sky", (0,), (70, 130, 180), False), LabelClass("void", (9,), (0, 0, 0), False)
    (root / "tiny.json").write_text(LabelSet("tiny", (sky, void)).to_json(), encoding="utf-8")
    colors = np.full((64, 128, 3), sky.color, np.uint8)
    for number in range(4):
        (root / "train_inst" / f"{number}.png").unlink()
        _save(root / "train_label" / f"{number}.png", np.zeros((64, 128), np.uint8) if number == 1 else colors)
    (root / "train_inst").rmdir()
    report = _inspect(root, "train")
    assert _errors(report, root) == [("colours", "train", f"train_label/{number}.png") for number in (1, 2, 3)]
    assert "train_label/1.png: is gray and " in report.errors[0].message
    assert report.errors[0].message.endswith("save all label maps in one way")
    with pytest.raises(InputError, match=r"1\.png: is gray and .*0\.png in colours, so what is gray is read as ids and may be"):
        check_examples(replace(training_config(), data=replace(_config(root), height=64, width=128)), ["train"])
    # Where black is id 0, both readings agree.
    black = LabelClass("sky", (0,), (0, 0, 0), False), LabelClass("void", (9,), (70, 130, 180), False)
    (root / "tiny.json").write_text(LabelSet("tiny", black).to_json(), encoding="utf-8")
    assert _inspect(root, "train").errors == ()


def test_smoothed_instance_maps_and_outlines_are_told(root: Path) -> None:
    path = root / "train_inst" / "3.png"
    with Image.open(path) as image:
        small = Image.fromarray(np.asarray(image).astype(np.int32)).resize((57, 31), Image.Resampling.BILINEAR)
    _save(path, np.asarray(small.resize((128, 64), Image.Resampling.BILINEAR)).astype(np.uint16))
    found = [line for line in _inspect(root).warnings if "look interpolated" in line]
    assert len(found) == 1
    assert found[0].startswith("train: 1 instance maps look interpolated, with ids that no object has between two neighbours: ")
    assert "train_inst/3.png; resize and rotate instance maps with nearest neighbours" in found[0]

    label = np.zeros((64, 128), np.uint8)
    label[8:60, 8:120] = 26
    label[9:59, 9:119] = 27
    _save(root / "train_label" / "2.png", label)
    found = [line for line in _inspect(root).warnings if "one pixel wide" in line]
    assert found == [
        f"train: 1 label maps have lines one pixel wide of an id between those on both sides: {root / 'train_label' / '2.png'}; "
        "right where a class of outlines is meant; else they were interpolated: resize with nearest neighbours"
    ]


def test_exchanged_folders_are_told(root: Path) -> None:
    (root / "train_label").rename(root / "photos")
    (root / "train_img").rename(root / "train_label")
    (root / "photos").rename(root / "train_img")
    for path in (root / "train_label").iterdir():
        _save(path, np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8))
    told = [error for error in _inspect(root, "train").errors if error.kind == "folder"]
    assert len(told) == 1
    assert told[0].message.endswith("train_label none: see that the two folders are not exchanged")
    with pytest.raises(InputError, match="its photo is one: see that the two folders are not exchanged"):
        check_examples(replace(training_config(), data=replace(_config(root), height=64, width=128)), ["train"])
