from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.scenes import BUILDING, TREE, Scene, color_labels, largest_car, relabel_largest, write_scene
from tfhd.label_sets import load_label_set


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_only_the_largest_object_of_the_class_is_relabelled_in_both_maps():
    label = np.array([[21, 21, 0, 0], [0, 0, 21, 7], [7, 7, 7, 7], [21, 21, 7, 7]], np.uint8)
    instance = label.astype(np.uint16)
    new_label, new_instance = relabel_largest(label, instance, TREE, BUILDING)
    # The three of the first two rows touch in a corner and are one tree.
    expected = [[11, 11, 0, 0], [0, 0, 11, 7], [7, 7, 7, 7], [21, 21, 7, 7]]
    np.testing.assert_array_equal(new_label, expected)
    np.testing.assert_array_equal(new_instance, expected)
    assert (new_label.dtype, new_instance.dtype) == (np.uint8, np.uint16)
    assert (label == 21).sum() == 5, "the maps that were given must stay"


def test_relabelling_what_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="no pixel of label 21"):
        relabel_largest(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint16), TREE, BUILDING)


def test_coloured_maps_have_the_label_sets_colours():
    picture = color_labels(np.array([[7, 26, 200]]), load_label_set("cityscapes"))
    np.testing.assert_array_equal(picture, [[[128, 64, 128], [0, 0, 142], [0, 0, 0]]])


def test_a_written_scene_is_a_held_out_street_with_ids_of_8_and_16_bits(tmp_path: Path):
    scene = write_scene(3, tmp_path, (64, 128), load_label_set("cityscapes"))
    label, instance = read(scene / "label"), read(scene / "instance")
    assert (label.dtype, instance.dtype) == (np.uint8, np.uint16)
    assert label.shape == instance.shape == (64, 128)
    assert instance.max() > 24000
    assert read(scene / "real").shape == read(scene / "label-colors").shape == (64, 128, 3)
    changed = label != read(scene / "edited-label")
    assert changed.sum() > 20
    assert set(label[changed]) == {TREE}
    np.testing.assert_array_equal(read(scene / "edited-label")[changed], BUILDING)
    np.testing.assert_array_equal(read(scene / "edited-instance")[changed], BUILDING)


def test_the_largest_car_of_all_scenes_is_shown_in_a_window_inside_the_picture(tmp_path: Path):
    scenes = []
    for number, (ident, right) in enumerate([(26001, 6), (26002, 12), (24001, 40)]):
        scene = Scene(number, tmp_path)
        (scene / "instance").parent.mkdir(exist_ok=True)
        instance = np.full((20, 60), 7, np.uint16)
        instance[10:18, 0:right] = ident
        Image.fromarray(instance).save(scene / "instance")
        scenes.append(scene)
    car = largest_car(scenes)
    assert (car.scene.number, car.instance) == (1, 26002)
    left, upper, right, lower = car.window
    assert (left, right) == (0, 23)
    assert 0 <= upper <= 10 < 18 <= lower <= 20
