from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tfhd.config import DataConfig
from tfhd.data import inspect_data
from tfhd.label_sets import LabelSet


def _write(root: Path, split: str, name: str, label: np.ndarray, instance: np.ndarray | None = None, light: int = 5) -> None:
    for kind, array in (("label", label), ("img", np.stack([label * light] * 3, axis=2)), ("inst", instance)):
        if array is not None:
            (root / f"{split}_{kind}").mkdir(exist_ok=True)
            Image.fromarray(array).save(root / f"{split}_{kind}" / f"{name}.png")


def _warnings(root: Path, *splits: str) -> tuple[str, ...]:
    (root / "tiny.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    report = inspect_data(DataConfig(root=str(root), label_set=str(root / "tiny.json")), splits or ("train", "val"))
    assert report.errors == ()
    return report.warnings


def _complete(height: int = 64, width: int = 128, cars: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A street that shows all classes and has two cars of the class."""
    label, instance = street(height, width, cars)
    label[0], instance[0] = 0, 0
    return label, instance


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two pictures in train and one in val, with nothing to warn of."""
    for split, names in (("train", "ab"), ("val", "v")):
        for name in names:
            _write(tmp_path, split, name, *_complete())
    return tmp_path


def _only(warnings: tuple[str, ...], start: str) -> str:
    (warning,) = [warning for warning in warnings if warning.startswith(start)]
    return warning


def test_good_data_gives_no_warnings(root: Path) -> None:
    assert _warnings(root) == ()


def test_no_held_out_pictures(tmp_path: Path) -> None:
    _write(tmp_path, "train", "a", *_complete())
    (warning,) = _warnings(tmp_path, "train")
    assert warning.startswith(f"{tmp_path}: has no split val")


def test_classes_that_never_occur_are_named_and_so_are_those_of_val_alone(root: Path) -> None:
    for name in "ab":
        _write(root, "train", name, np.full((64, 128), 7, np.uint8), np.full((64, 128), 7, np.uint8), 20)
    warnings = _warnings(root)
    assert "2 of 3 classes never occur, and what they look like cannot be learned: car, don't care;" in _only(warnings, "train:")
    assert "classes that train lacks: car, don't care;" in _only(warnings, "val:")


@pytest.mark.parametrize(
    ("height", "width", "message"),
    [
        (48, 96, r"1 of 3 pictures \(96x48\) are less than 64 pixels wide or high"),
        (90, 180, r"1 of 3 pictures \(180x90\) are not multiples of 32 pixels"),
        (128, 128, r"different shapes, from 128x128 to 128x64"),
    ],
)
def test_sizes_that_suffer_are_reported(root: Path, height: int, width: int, message: str) -> None:
    _write(root, "train", "c", *_complete(height, width))
    (warning,) = _warnings(root)
    assert warning.startswith("train: ")
    assert re.search(message, warning)


def test_sizes_of_one_shape_are_fine(root: Path) -> None:
    _write(root, "train", "c", *_complete(128, 256))
    assert _warnings(root) == ()


def test_instance_maps_of_a_single_id(root: Path) -> None:
    for name in "ab":
        _write(root, "train", name, _complete()[0], np.zeros((64, 128), np.uint8))
    assert "2 of 2 instance maps hold a single id" in _only(_warnings(root), "train:")


def test_instance_maps_cut_to_8_bits(root: Path) -> None:
    for name in "ab":
        label, instance = _complete()
        _write(root, "train", name, label, np.minimum(instance, 255).astype(np.uint8))
    warning = _only(_warnings(root), "train:")
    assert "no instance map tells two objects of one class apart" in warning
    assert "no id is above 255" in warning


def test_8_bit_instance_maps_that_tell_cars_apart_are_fine(root: Path) -> None:
    for name in "ab":
        label, instance = _complete()
        _write(root, "train", name, label, (instance % 256).astype(np.uint8))
    assert _warnings(root) == ()


def test_instance_maps_that_repeat_the_labels(root: Path) -> None:
    for name in "ab":
        label, _ = _complete()
        _write(root, "train", name, label, label.astype(np.uint16) // 26 * 1000)
    warning = _only(_warnings(root), "train: no instance map tells")
    assert "apart;" in warning
    assert "255" not in warning


def test_without_instance_maps_nothing_is_said_of_them(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for name in "ab":
            _write(tmp_path, split, name, _complete(cars=1)[0])
    assert _warnings(tmp_path) == ()


def _objects(meaning: str) -> tuple[np.ndarray, np.ndarray]:
    """A street of three quarters cars, whose ids are right, start again in every class, or name the cars alone."""
    label, instance = _complete()
    label[8:], instance[8:] = 26, 26001
    instance[8:, 110:] = 26002
    label[8:, :48], instance[8:, :48] = 7, 7
    if meaning == "per_class":
        return label, np.where(label == 26, instance % 100, 1).astype(np.uint8)
    if meaning == "zero_is_none":
        instance[8:, 100:] = 7
        return label, np.where(instance > 1000, instance % 100, 0).astype(np.uint8)
    return label, instance


@pytest.mark.parametrize("meaning", ["per_class", "zero_is_none"])
def test_instance_ids_that_mean_something_else_are_told_with_the_setting_that_reads_them(tmp_path: Path, meaning: str) -> None:
    for split, names in (("train", "ab"), ("val", "v")):
        for name in names:
            _write(tmp_path, split, name, *_objects(meaning))
    found = [warning for warning in _warnings(tmp_path) if "instance maps have another class" in warning]
    assert [re.match(r"(train|val): (\d+)% of the pixels", warning)[1] for warning in found] == ["train", "val"]
    assert all(f"set data.instance_ids to {meaning}" in warning for warning in found)
    config = DataConfig(root=str(tmp_path), label_set=str(tmp_path / "tiny.json"), instance_ids=meaning)
    report = inspect_data(config, ("train", "val"))
    assert not any("instance maps have another class" in warning for warning in report.warnings)


def test_right_instance_ids_are_fine(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for name in "ab":
            _write(tmp_path, split, name, *_objects("unique"))
    assert not any("instance maps have another class" in warning for warning in _warnings(tmp_path))


def test_classes_that_get_no_instance_are_named(root: Path) -> None:
    for name in "ab":
        label, instance = _complete()
        instance[0] = 7
        _write(root, "train", name, label, instance)
    assert "classes that no instance has on most of its pixels: don't care; they get no styles" in _only(
        _warnings(root), "train:"
    )


def test_train_ids_beside_instance_ids_of_cityscapes_are_told(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for name in "ab":
            label, instance = street(64, 128)
            _write(tmp_path, split, name, np.where(label == 7, 0, 13).astype(np.uint8), instance)
    warnings = inspect_data(DataConfig(root=str(tmp_path)), ("train", "val")).warnings
    assert sum("as trainIds do; give label maps of ids" in warning for warning in warnings) == 2
    for split in ("train", "val"):
        for name in "ab":
            _write(tmp_path, split, name, *street(64, 128))
    warnings = inspect_data(DataConfig(root=str(tmp_path)), ("train", "val")).warnings
    assert not any("trainIds" in warning for warning in warnings)


@pytest.mark.parametrize(("light", "word"), [(0, "black"), (2, "black")])
def test_photos_that_are_nearly_black_are_named(root: Path, light: int, word: str) -> None:
    _write(root, "train", "a", *_complete(), light)
    warning = _only(_warnings(root), "train:")
    assert f"1 of 2 photos is nearly {word}, with no channel above 64 of 255" in warning
    assert str(root / "train_img" / "a.png") in warning


def test_photos_that_are_clipped_are_named(root: Path) -> None:
    label, instance = _complete()
    _write(root, "val", "v", label, instance)
    Image.fromarray(np.where(np.stack([label] * 3, axis=2) > 7, 255, 0).astype(np.uint8)).save(root / "val_img" / "v.png")
    warning = _only(_warnings(root), "val:")
    assert "1 of 1 photos is clipped, with more than 90% of all channels at 0 or 255" in warning
    assert str(root / "val_img" / "v.png") in warning


@pytest.mark.parametrize("orientation", [2, 3, 6])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_photos_that_exif_turns_are_named(root: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    (root / "val_img" / "v.png").unlink()
    photo = Image.fromarray(np.stack([_complete()[0] * 5] * 3, axis=2))
    photo = photo.transpose(Image.Transpose.ROTATE_90) if orientation == 6 else photo
    photo.save(root / "val_img" / f"v.{suffix}", exif=exif)
    warning = _only(_warnings(root), "val:")
    assert "1 of 1 photos are turned or mirrored as their EXIF orientation says" in warning
    assert f"v.{suffix}" in warning


def test_the_window_that_fits_every_picture_is_named_where_cropping_is_proposed(root: Path) -> None:
    _write(root, "train", "c", *_complete(96, 128))
    _write(root, "train", "d", *_complete(64, 64))
    assert "crop cuts windows, here of at most 64x64" in _only(_warnings(root), "train: pictures have different shapes")


def test_a_colour_of_two_classes_is_told_whatever_the_maps_are(root: Path) -> None:
    first, second, *others = LABEL_SET.classes
    label_set = LabelSet("tiny", (first, replace(second, color=first.color), *others))
    (root / "tiny.json").write_text(label_set.to_json(), encoding="utf-8")
    warnings = inspect_data(DataConfig(root=str(root), label_set=str(root / "tiny.json")), ["train"]).warnings
    told = [line for line in warnings if line.startswith("label set tiny: colour ")]
    assert len(told) == 1
    assert f"stands for {first.name}, {second.name}: label maps in colours cannot tell them apart" in told[0]


def test_photos_with_transparent_pixels_are_named(root: Path) -> None:
    path = root / "train_img" / "a.png"
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGBA")).copy()
    Image.fromarray(pixels).save(path)
    assert not any("transparent" in line for line in _warnings(root))
    pixels[:8, :, 3] = 0
    Image.fromarray(pixels).save(path)
    told = [line for line in _warnings(root) if "transparent" in line]
    assert len(told) == 1
    assert told[0].startswith(
        f"train: 1 photos have transparent pixels, which are trained in whatever colour they have: {path}; "
    )
