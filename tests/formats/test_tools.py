"""Annotations as tools write them: polygons by the rule that the format names, masks to the pixel."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats.shapes import SHAPE
from tests.formats.test_data_sets import maps, photo, read, save
from tfhd.errors import InputError
from tfhd.formats.class_names import ids_by_name


def test_cvat_tasks_with_equal_frame_names_keep_their_own_splits(tmp_path: Path) -> None:
    for task, split in (("one", "train"), ("two", "val")):
        root = tmp_path / task
        save(root / "SegmentationClass" / "frame.png", np.zeros((1, 4, 3), np.uint8))
        photo(root / "JPEGImages" / "frame.jpg", (1, 4))
        (root / "labelmap.txt").write_text("background:0,0,0::\ncar:255,0,124::\n")
        lists = root / "ImageSets" / "Segmentation"
        lists.mkdir(parents=True)
        (lists / f"{split}.txt").write_text("frame\n")
    contents = read("cvat", tmp_path)
    assert [(item.photo.parts[-3], item.split) for item in contents.pictures] == [("one", "train"), ("two", "val")]


@pytest.mark.parametrize("suffix", [".JPG", ".webp", ".jpeg", ".png"])
def test_cvat_finds_photos_of_any_suffix_where_numbers_repeat(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "labelmap.txt").write_text("background:0,0,0::\ncar:255,0,124::\n")
    for folder in ("SegmentationClass", "SegmentationObject"):
        save(tmp_path / folder / "0.png", np.zeros((1, 4, 3), np.uint8))
    photo(tmp_path / "JPEGImages" / f"0{suffix}", (1, 4))
    lists = tmp_path / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "Validation.txt").write_text("0\n")
    (found,) = read("cvat", tmp_path).pictures
    assert (str(found.photo), found.split) == (str(tmp_path / "JPEGImages" / f"0{suffix}"), "val")


def test_cvat_joins_by_colour_and_name(tmp_path: Path) -> None:
    (tmp_path / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncar:255,0,124::\ntree:52,209,183::\n"
    )
    label = np.array([[0, 1, 1, 2]])
    save(tmp_path / "SegmentationClass" / "a.png", np.array([[0, 0, 0], [255, 0, 124], [52, 209, 183]], np.uint8)[label])
    save(tmp_path / "SegmentationObject" / "a.png", np.array([[[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]], np.uint8))
    photo(tmp_path / "photos" / "a.jpg", (1, 4))
    contents = read("cvat", tmp_path)
    got, instance = maps(contents)
    np.testing.assert_array_equal(got, label)
    assert len(np.unique(instance)) == 4
    assert contents.label_set.names == ("background", "car", "tree")
    assert str(contents.pictures[0].photo).endswith("photos/a.jpg")


def test_roboflow_joins_splits_by_name(tmp_path: Path) -> None:
    for split, names in (("train", ("background", "car", "tree")), ("valid", ("background", "tree", "car"))):
        save(tmp_path / split / "a_jpg.rf.1f_mask.png", np.array([[0, 1, 2]], np.uint8))
        photo(tmp_path / split / f"a_jpg.rf.1f.{'jpg' if split == 'train' else 'png'}", (1, 3))
        rows = "".join(f"{index}, {name}\n" for index, name in enumerate(names))
        (tmp_path / split / "_classes.csv").write_text("Pixel Value, Class\n" + rows)
    contents = read("roboflow", tmp_path)
    ids = ids_by_name(contents.label_set)
    found = {
        item.split: [ids[name] for name in names]
        for item, names in zip(contents.pictures, (("background", "car", "tree"), ("background", "tree", "car")), strict=True)
    }
    for index, item in enumerate(contents.pictures):
        np.testing.assert_array_equal(maps(contents, index)[0], [found[item.split]])
    assert set(found) == {"train", "val"}


def test_supervisely_draws_bitmaps_at_their_origin_and_cuts_holes(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text(
        json.dumps({"classes": [{"title": "car", "color": "#FF0010"}, {"title": "hole", "color": "#0000FF"}]})
    )
    blob = np.array([[1, 0], [1, 1]], bool)
    image = Image.fromarray(blob.astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    file = io.BytesIO()
    image.save(file, "PNG", transparency=0)
    data = base64.b64encode(zlib.compress(file.getvalue())).decode()
    hole = [[5, 3], [9, 3], [9, 6], [5, 6]]
    objects = [
        {
            "classTitle": "car",
            "geometryType": "polygon",
            "points": {"exterior": [[1, 1], [15, 1], [15, 9], [1, 9]], "interior": [hole]},
        },
        {"classTitle": "hole", "geometryType": "bitmap", "bitmap": {"data": data, "origin": [17, 4]}},
    ]
    document = {"size": {"height": SHAPE[0], "width": SHAPE[1]}, "objects": objects}
    (tmp_path / "ds" / "ann").mkdir(parents=True)
    (tmp_path / "ds" / "ann" / "a.jpg.json").write_text(json.dumps(document))
    photo(tmp_path / "ds" / "img" / "a.jpg", SHAPE)
    contents = read("supervisely", tmp_path)
    label, _ = maps(contents)
    expected = np.zeros(SHAPE, int)
    expected[1:10, 1:16] = 1
    expected[3:7, 5:10] = 0  # with the hole's outline
    expected[4:6, 17:19][blob] = 2
    np.testing.assert_array_equal(label, expected)
    assert contents.label_set.colors[1] == (255, 0, 16)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"geometryType": "oriented_bbox", "points": [[1, 1], [4, 4]]}, "is of type 'oriented_bbox'; expected bitmap, polygon"),
        ({"geometryType": "polygon", "points": [[1, 1], [4, 4]]}, r"its figure is \[\[\[1, 1\], \[4, 4\]\]\]; export"),
        ({"geometryType": "multipolygon", "parts": []}, r"its figure is \[\]; export"),
        ({"geometryType": "bitmap", "bitmap": "x"}, r"its figure is \['x'\]; export"),
        ({"geometryType": "polygon", "points": {"exterior": [[1, 1]]}}, ".*expected at least 3 pairs"),
    ],
)
def test_supervisely_figures_that_cannot_be_drawn_are_one_line(tmp_path: Path, change: dict, message: str) -> None:
    (tmp_path / "meta.json").write_text(json.dumps({"classes": [{"title": "car", "color": "#FF0010"}]}))
    document = {"size": {"height": SHAPE[0], "width": SHAPE[1]}, "objects": [{"classTitle": "car", **change}]}
    (tmp_path / "ds" / "ann").mkdir(parents=True)
    (tmp_path / "ds" / "ann" / "a.jpg.json").write_text(json.dumps(document))
    photo(tmp_path / "ds" / "img" / "a.jpg", SHAPE)
    with pytest.raises(InputError, match=rf"a\.jpg\.json: object 0: {message}"):
        maps(read("supervisely", tmp_path))
