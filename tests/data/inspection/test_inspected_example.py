from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tfhd.data.inspection.inspected_example import inspect_example
from tfhd.readers import Example


def _save(path: Path, array: np.ndarray) -> Path:
    Image.fromarray(array).save(path)
    return path


@pytest.fixture
def example(tmp_path: Path) -> Example:
    """A street of 32x48 with the cars 26001, 26002 and 26003."""
    label, instance = street(32, 48, cars=3)
    photo = _save(tmp_path / "photo.png", np.stack([label] * 3, axis=2))
    return Example("street", _save(tmp_path / "label.png", label), photo, _save(tmp_path / "inst.png", instance))


def test_a_good_example_is_counted(example: Example) -> None:
    found = inspect_example(example, LABEL_SET)
    label, _ = street(32, 48, cars=3)
    assert found.size == (32, 48)
    assert found.pixels.tolist() == [(label == 7).sum(), (label != 7).sum(), 0]
    assert found.instances.tolist() == [1, 3, 0]
    assert (found.outside, found.largest_id, found.errors) == ({}, 26003, ())


def test_without_an_instance_map_connected_cars_are_counted(example: Example) -> None:
    found = inspect_example(Example("street", example.label, example.image), LABEL_SET)
    assert (found.instances.tolist(), found.largest_id, found.errors) == ([1, 3, 0], None, ())


def test_all_errors_of_an_example_are_reported_and_not_only_the_first(example: Example) -> None:
    example.image.write_bytes(example.image.read_bytes()[:60])
    _save(example.label, np.full((16, 16), 99, np.uint8))
    _save(example.instance, np.full((16, 16, 3), (1, 2, 3), np.uint8))
    found = inspect_example(example, LABEL_SET)
    assert [(error.kind, error.path) for error in found.errors] == [
        ("unreadable", example.image),
        ("values", example.label),
        ("unreadable", example.instance),
    ]
    assert all(error.message.startswith(f"{error.path}: ") for error in found.errors)


def test_both_maps_are_compared_with_the_photo(example: Example) -> None:
    _save(example.label, np.full((16, 16), 7, np.uint8))
    _save(example.instance, np.full((16, 20), 7, np.uint16))
    found = inspect_example(example, LABEL_SET)
    assert [(error.kind, error.path) for error in found.errors] == [("size", example.label), ("size", example.instance)]
    assert found.instances is None


def test_values_outside_the_set_are_counted_beside_those_within(example: Example) -> None:
    label, _ = street(32, 48)
    label[0, :5], label[1, :2] = 99, 200
    found = inspect_example(Example("street", _save(example.label, label), example.image), LABEL_SET)
    assert found.outside == {99: 5, 200: 2}
    assert found.pixels.sum() == label.size - 7


def test_more_regions_than_ids_are_an_error(tmp_path: Path) -> None:
    label = np.full((600, 600), 7, np.uint8)
    label[::2, ::2] = 26  # 90,000 single pixels
    path, photo = _save(tmp_path / "label.png", label), _save(tmp_path / "photo.png", label)
    (error,) = inspect_example(Example("dots", path, photo), LABEL_SET).errors
    assert (error.kind, error.path) == ("instances", path)
