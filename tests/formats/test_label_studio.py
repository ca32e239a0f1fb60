from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.formats.shapes import POLYGON, SHAPE, inclusive
from tests.formats.test_data_sets import maps, photo, read, same_parts
from tfhd.errors import InputError

# label_studio_sdk 2.1.2, `converter.brush.mask2rle` of `BRUSH * 255`.
BRUSH_RLE = [
    *(0, 0, 3, 192, 57, 27, 254, 171, 0, 197, 255, 248, 124, 3, 23, 255, 225, 240, 9, 255, 227, 0, 196, 127, 248, 124, 3, 23),
    *(
        255,
        225,
        240,
        12,
        95,
        255,
        135,
        192,
        49,
        127,
        254,
        31,
        0,
        197,
        255,
        249,
        140,
        2,
        63,
        248,
        192,
        35,
        255,
        140,
        2,
        63,
        248,
        192,
    ),
    *(35, 255, 140, 2, 63, 248, 192, 35, 255, 140, 2, 63, 248, 192, 35, 255, 140, 2, 63, 248, 192, 35, 255, 202, 96, 0),
]


BRUSH = np.zeros(SHAPE, bool)


BRUSH[2:9, 3:15] = True


BRUSH[4, 5] = False


BRUSH[10, ::2] = True


def label_studio_task(regions: list[dict], photo_name: str = "/data/upload/1/0a1b2c3d-a.jpg") -> str:
    size = {"original_height": SHAPE[0], "original_width": SHAPE[1]}
    return json.dumps(
        [{"id": 1, "data": {"image": photo_name}, "annotations": [{"result": [size | region for region in regions]}]}]
    )


def test_label_studio_reads_brush_and_polygon_of_one_task(tmp_path: Path) -> None:
    percent = [[x * 100 / SHAPE[1], y * 100 / SHAPE[0]] for x, y in POLYGON]
    regions = [
        {"type": "polygonlabels", "value": {"points": percent, "polygonlabels": ["tree"]}},
        {"type": "brushlabels", "value": {"format": "rle", "rle": BRUSH_RLE, "brushlabels": ["car"]}},
    ]
    (tmp_path / "export.json").write_text(label_studio_task(regions))
    photo(tmp_path / "images" / "a.jpg", SHAPE)
    contents = read("label-studio", tmp_path)
    label, instance = maps(contents)
    expected = np.where(BRUSH, 1, np.where(inclusive(POLYGON), 2, 0))
    np.testing.assert_array_equal(label, expected)
    assert same_parts(instance, expected)
    assert contents.pictures[0].name == "a"


def test_label_studio_draws_the_tag_labels_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    box = {"x": 10, "y": 25, "width": 50, "height": 50, "rotation": 0}
    regions = [
        {"id": "a", "type": "rectangle", "value": box},
        {"id": "a", "type": "labels", "value": box | {"labels": ["car"]}},
        {"id": "a", "type": "textarea", "value": box | {"text": ["a note"]}},
        {"id": "b", "type": "keypointlabels", "value": {"x": 1, "y": 1, "width": 1, "keypointlabels": ["eye"]}},
    ]
    (tmp_path / "export.json").write_text(label_studio_task(regions))
    photo(tmp_path / "images" / "a.jpg", SHAPE)
    contents = read("label-studio", tmp_path)
    expected = np.zeros(SHAPE, int)
    expected[3:10, 2:13] = 1
    np.testing.assert_array_equal(maps(contents)[0], expected)
    assert [item.why for item in contents.left_out] == ["regions of type keypointlabels, which have no class or no area"]


@pytest.mark.parametrize("annotations", ["x", [3], [{"result": "x"}], [{"result": None}], {"result": []}])
def test_label_studio_tasks_of_another_shape_are_one_line(tmp_path: Path, annotations: object) -> None:
    (tmp_path / "export.json").write_text(json.dumps([{"id": 7, "data": {"image": "a.png"}, "annotations": annotations}]))
    photo(tmp_path / "a.png", SHAPE)
    with pytest.raises(InputError, match=r"export\.json: task 7: its annotations are .*; expected a list of objects"):
        read("label-studio", tmp_path)


def test_label_studio_finds_the_photo_among_other_texts_of_a_task(tmp_path: Path) -> None:
    tasks = json.loads(label_studio_task([]))
    others = {"caption": "Seen at 3.5 m. Nice", "ref": "http://a/b.html", "note": "http://[no address"}
    tasks[0]["data"] = others | tasks[0]["data"]
    tasks.append({**tasks[0], "id": 2, "data": {"caption": "a. b"}})
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    photo(tmp_path / "images" / "a.jpg", SHAPE)
    contents = read("label-studio", tmp_path)
    assert [str(item.photo) for item in contents.pictures] == [str(tmp_path / "images" / "a.jpg")]
    assert contents.left_out[0].why == "no photo in the folder that is called a. b, or several"


BOX = {"x": 10, "y": 25, "width": 50, "height": 50, "rotation": 0}


CAR = {"id": "a", "type": "rectanglelabels", "value": BOX | {"rectanglelabels": ["car"]}}


@pytest.mark.parametrize(
    ("regions", "why", "group"),
    [
        ([CAR | {"value": BOX}], "region 0 has no label; give every region one", "regions without a label"),
        ([CAR, CAR | {"id": "b", "value": BOX | {"rectanglelabels": []}}], "region 1 has no label", "regions without a label"),
        ([CAR, CAR | {"id": "b", "value": None}], "region 1 has no label", "regions without a label"),
        ([{"id": "b", "type": "rectangle", "value": BOX}], "region 0 has no label", "regions without a label"),
        (
            [CAR | {"value": BOX | {"rectanglelabels": ["car", "bus"]}}],
            "region 0 has 2 labels (bus, car), and pixels have one class; keep one",
            "regions of several labels",
        ),
        (
            [CAR, {"id": "a", "type": "labels", "value": BOX | {"labels": ["bus"]}}],
            "region 1 has 2 labels",
            "regions of several labels",
        ),
        ([CAR, CAR | {"id": "b", "item_index": 1}], "its regions lie on several photos", "several photos"),
        (
            [CAR | {"to_name": "left"}, CAR | {"id": "b", "to_name": "right"}],
            "its regions lie on several photos",
            "several photos",
        ),
    ],
)
def test_label_studio_leaves_out_a_task_whose_regions_have_no_single_class(
    tmp_path: Path, regions: list[dict], why: str, group: str
) -> None:
    bad, good = json.loads(label_studio_task(regions)), json.loads(label_studio_task([CAR], "b.jpg"))
    (tmp_path / "export.json").write_text(json.dumps(bad + good))
    for name in "ab":
        photo(tmp_path / "images" / f"{name}.jpg", SHAPE)
    contents = read("label-studio", tmp_path)
    assert [item.name for item in contents.pictures] == ["b"]
    assert contents.label_set.names == ("background", "car")
    (left_out,) = contents.left_out
    assert (left_out.what, left_out.group, left_out.is_picture) == ("export.json: task 1", group, True)
    assert left_out.why.startswith(why)


def test_label_studio_leaves_out_a_task_of_several_photos(tmp_path: Path) -> None:
    tasks = json.loads(label_studio_task([CAR]))
    tasks[0]["data"] = {"left": "a.jpg", "right": "b.jpg"}
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    for name in "ab":
        photo(tmp_path / f"{name}.jpg", SHAPE)
    contents = read("label-studio", tmp_path)
    assert (contents.pictures, contents.left_out[0].why) == ([], "it has several photos (a.jpg, b.jpg); make a task of each")


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_label_studio_regions_lie_on_the_photo_as_it_is_however_the_editor_showed_it(tmp_path: Path, rotation: int) -> None:
    (tmp_path / "export.json").write_text(label_studio_task([CAR | {"image_rotation": rotation}]))
    photo(tmp_path / "a.jpg", SHAPE)
    expected = np.zeros(SHAPE, int)
    expected[3:10, 2:13] = 1
    np.testing.assert_array_equal(maps(read("label-studio", tmp_path))[0], expected)


def test_label_studio_regions_that_say_no_size_are_not_dropped_silently(tmp_path: Path) -> None:
    tasks = json.loads(label_studio_task([CAR]))
    del tasks[0]["annotations"][0]["result"][0]["original_width"]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    photo(tmp_path / "a.jpg", SHAPE)
    with pytest.raises(InputError, match="region 0: was drawn on another size than that of"):
        read("label-studio", tmp_path).pictures[0].draw()
