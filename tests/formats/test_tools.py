"""Annotations as tools write them: polygons by the rule that the format names, masks to the pixel."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.formats.test_data_sets import maps, photo, read, same_parts, save
from tfhd.errors import InputError
from tfhd.formats.class_names import ids_by_name

SHAPE = (12, 20)
POLYGON = [[2, 1], [15.4, 3], [9, 10.6]]

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


def inclusive(points: list) -> np.ndarray:
    image = Image.new("1", SHAPE[::-1])
    ImageDraw.Draw(image).polygon([tuple(point) for point in points], fill=1, outline=1)
    return np.array(image)


def png64(mask: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


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


def test_labelme_leaves_out_a_photo_with_a_shape_without_a_label(tmp_path: Path) -> None:
    for name, label in (("a", None), ("b", "car")):
        shape = {"label": label, "points": POLYGON, "shape_type": "polygon"}
        (tmp_path / f"{name}.json").write_text(json.dumps({"shapes": [shape], "imagePath": f"{name}.jpg"}))
        photo(tmp_path / f"{name}.jpg", SHAPE)
    contents = read("labelme", tmp_path)
    assert [item.name for item in contents.pictures] == ["b"]
    assert [(item.what, item.group) for item in contents.left_out] == [("a.json", "shapes without a label")]


@pytest.mark.parametrize("category", [None, "car", 7])
def test_coco_objects_without_a_category_cost_their_picture_alone(tmp_path: Path, category: object) -> None:
    box = [[0, 0, 4, 0, 4, 4]]
    document = {
        "images": [{"id": index, "file_name": f"{index}.jpg", "height": SHAPE[0], "width": SHAPE[1]} for index in (0, 1)],
        "annotations": [
            {"image_id": 0, "segmentation": box, "category_id": category},
            {"image_id": 1, "segmentation": box, "category_id": 1},
        ],
        "categories": [{"id": 1, "name": "car"}],
    }
    (tmp_path / "result.json").write_text(json.dumps(document))
    for index in (0, 1):
        photo(tmp_path / f"{index}.jpg", SHAPE)
    first, second = read("coco", tmp_path).pictures
    with pytest.raises(InputError, match=r"image 0: category .* of an annotation is not among the categories"):
        first.draw()
    assert second.draw().label.max() == 1


def test_coco_exports_with_equal_file_names_have_photos_of_their_own(tmp_path: Path) -> None:
    for task in ("one", "two"):
        image = {"id": 1, "file_name": "frame.jpg", "height": SHAPE[0], "width": SHAPE[1]}
        document = {"images": [image], "annotations": [], "categories": [{"id": 1, "name": "car"}]}
        path = tmp_path / task / "annotations" / "instances_default.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document))
        photo(tmp_path / task / "images" / "default" / "frame.jpg", SHAPE)
    found = [item.photo.relative_to(tmp_path).parts[0] for item in read("coco", tmp_path).pictures]
    assert found == ["one", "two"]


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


def coco_file(path: Path, annotations: list[dict], categories: list[dict], **image: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"id": 5, "file_name": "a.jpg", "height": SHAPE[0], "width": SHAPE[1], **image}]
    annotations = [{"image_id": 5, "id": index, **item} for index, item in enumerate(annotations)]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def test_coco_draws_polygons_and_run_lengths_as_pycocotools_does(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    from pycocotools import mask as coco_mask

    flat = [[value for point in POLYGON for value in point]]
    big = np.zeros(SHAPE, np.uint8)
    big[1:11, 1:18] = 1
    text = coco_mask.encode(np.asfortranarray(big))
    crowd = {"size": list(SHAPE), "counts": [0, 12, 228]}
    annotations = [
        {"category_id": 18, "segmentation": flat, "iscrowd": 0},
        {"category_id": 3, "segmentation": {"size": text["size"], "counts": text["counts"].decode()}, "iscrowd": 0},
        {"category_id": 3, "segmentation": crowd, "iscrowd": 1},
    ]
    path = tmp_path / "annotations" / "instances_val2017.json"
    coco_file(path, annotations, [{"id": 3, "name": "car"}, {"id": 18, "name": "dog"}])
    photo(tmp_path / "val2017" / "a.jpg", SHAPE)
    contents = read("coco", tmp_path)
    label, instance = maps(contents)
    api = coco.COCO(str(path))
    polygon, large, region = (api.annToMask(item).astype(bool) for item in api.dataset["annotations"])
    expected = np.where(region, 3, 0)
    expected[large] = 3
    expected[polygon] = 18
    np.testing.assert_array_equal(label, expected)  # small ones lie on top
    np.testing.assert_array_equal(instance, np.where(polygon, 18000, np.where(large, 3000, expected)))
    assert contents.pictures[0].split == "val"


def test_coco_from_mask_tools_has_no_crowds_and_joins_by_name(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    flat = [[value for point in POLYGON for value in point]]
    for split, categories in (("train", ("all", "car", "dog")), ("valid", ("all", "dog", "car"))):
        named = [{"id": index, "name": name} for index, name in enumerate(categories)]
        coco_file(tmp_path / split / "_annotations.coco.json", [{"category_id": 1, "segmentation": flat, "iscrowd": 1}], named)
        photo(tmp_path / split / "a.jpg", SHAPE)
    contents = read("coco", tmp_path)
    ids = ids_by_name(contents.label_set)
    found = {item.split: int(maps(contents, index)[0].max()) for index, item in enumerate(contents.pictures)}
    assert found == {"train": ids["car"], "val": ids["dog"]}
    assert maps(contents)[1].max() >= 1000


def test_coco_panoptic_renumbers_ids_of_24_bits(tmp_path: Path) -> None:
    codes = np.array([[0, 3226956, 3226956 + 65536, 10]])
    save(tmp_path / "panoptic_val2017" / "a.png", np.stack([codes & 255, codes >> 8 & 255, codes >> 16], 2).astype(np.uint8))
    segments = [{"id": 3226956, "category_id": 1}, {"id": 3226956 + 65536, "category_id": 1}, {"id": 10, "category_id": 200}]
    categories = [{"id": 1, "name": "person", "isthing": 1, "color": [220, 20, 60]}, {"id": 200, "name": "rug", "isthing": 0}]
    path = tmp_path / "panoptic_val2017.json"
    coco_file(path, [{"segments_info": segments, "file_name": "a.png"}], categories, height=1, width=4)
    photo(tmp_path / "val2017" / "a.jpg", (1, 4))
    contents = read("coco", tmp_path, "panoptic")
    label, instance = maps(contents)
    np.testing.assert_array_equal(label, [[0, 1, 1, 200]])
    np.testing.assert_array_equal(instance, [[0, 1000, 1001, 200]])


def test_coco_panoptic_without_any_thing_comes_from_a_writer_that_did_not_know(tmp_path: Path) -> None:
    save(tmp_path / "panoptic_train" / "a.png", np.array([[[1, 0, 0], [2, 0, 0]]], np.uint8))
    segments = [{"id": 1, "category_id": 1}, {"id": 2, "category_id": 1}]
    annotations, categories = [{"segments_info": segments, "file_name": "a.png"}], [{"id": 1, "name": "car", "isthing": 0}]
    coco_file(tmp_path / "panoptic_train.json", annotations, categories, height=1, width=2)
    photo(tmp_path / "a.jpg", (1, 2))
    np.testing.assert_array_equal(maps(read("coco", tmp_path, "panoptic"))[1], [[1000, 1001]])
