from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.formats.shapes import POLYGON, SHAPE, inclusive, png64
from tests.formats.test_data_sets import maps, photo, read, same_parts
from tfhd.formats.class_names import ids_by_name


def test_labelme_draws_shapes_in_their_order_and_joins_groups(tmp_path: Path) -> None:
    corner = np.ones((3, 3), bool)
    corner[0, 0] = False
    shapes = [
        {"label": "car", "shape_type": "polygon", "points": POLYGON, "group_id": None},
        {"label": "cat", "shape_type": "rectangle", "points": [[4, 2], [7, 5]], "group_id": 1},
        {"label": "cat", "shape_type": "mask", "points": [[16, 8], [18, 10]], "mask": png64(corner), "group_id": 1},
        {"label": "edge", "shape_type": "line", "points": [[0, 0], [5, 5]]},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"shapes": shapes, "imagePath": "a.png", "imageData": None}))
    photo(tmp_path / "a.png", SHAPE)
    contents = read("labelme", tmp_path)
    label, instance = maps(contents)
    ids = ids_by_name(contents.label_set)
    assert ids == {"background": 0, "car": 1, "cat": 2}
    expected = np.where(inclusive(POLYGON), 1, 0)
    expected[2:6, 4:8] = 2
    expected[8:11, 16:19][corner] = 2
    np.testing.assert_array_equal(label, expected)
    assert same_parts(instance, expected)  # both cats are one group
    assert contents.left_out[0].why == "type line: lines and points have no area"


def test_labelme_joins_classes_of_all_files_by_name_and_takes_the_photo_inside(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)
    for name, label in (("a", "zebra"), ("b", "ant")):
        shape = {"label": label, "points": POLYGON, "shape_type": "polygon"}
        (tmp_path / f"{name}.json").write_text(json.dumps({"shapes": [shape], "imagePath": "x.jpg", "imageData": png64(image)}))
    contents = read("labelme", tmp_path)
    assert [sorted(np.unique(maps(contents, index)[0])) for index in (0, 1)] == [[0, 2], [0, 1]]
    np.testing.assert_array_equal(contents.pictures[0].photo(), image)


def test_labelme_leaves_out_a_photo_with_a_shape_without_a_label(tmp_path: Path) -> None:
    for name, label in (("a", None), ("b", "car")):
        shape = {"label": label, "points": POLYGON, "shape_type": "polygon"}
        (tmp_path / f"{name}.json").write_text(json.dumps({"shapes": [shape], "imagePath": f"{name}.jpg"}))
        photo(tmp_path / f"{name}.jpg", SHAPE)
    contents = read("labelme", tmp_path)
    assert [item.name for item in contents.pictures] == ["b"]
    assert [(item.what, item.group) for item in contents.left_out] == [("a.json", "shapes without a label")]
