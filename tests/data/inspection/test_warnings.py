from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tfhd.config import DataConfig
from tfhd.data import inspect_data


def _write(
    root: Path, split: str, name: str, label: np.ndarray, instance: np.ndarray | None = None, light: int = 5
) -> None:
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
