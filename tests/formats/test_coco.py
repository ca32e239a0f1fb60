from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.formats.shapes import POLYGON, SHAPE
from tests.formats.test_data_sets import maps, photo, read, save
from tfhd.errors import InputError
from tfhd.formats.class_names import ids_by_name


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


@pytest.mark.parametrize("kind", ["panoptic", "instances"])
def test_coco_takes_no_panoptic_map_for_a_photo(tmp_path: Path, kind: str) -> None:
    save(tmp_path / "panoptic_val" / "a.png", np.array([[[1, 0, 0], [2, 0, 0]]], np.uint8))
    categories = [{"id": 1, "name": "car"}]
    segments = {"segments_info": [{"id": 1, "category_id": 1}, {"id": 2, "category_id": 1}], "file_name": "a.png"}
    size = {"file_name": "a.png", "height": 1, "width": 2}
    coco_file(tmp_path / "panoptic_val.json", [segments], categories, **size)
    coco_file(tmp_path / "instances_val.json", [], categories, **size)
    assert [item.what for item in read("coco", tmp_path, kind).left_out] == [f"{kind}_val.json: a.png"]
    photo(tmp_path / "val" / "a.png", (1, 2))
    (picture,) = read("coco", tmp_path, kind).pictures
    assert picture.photo == tmp_path / "val" / "a.png"


def test_coco_panoptic_without_any_thing_comes_from_a_writer_that_did_not_know(tmp_path: Path) -> None:
    save(tmp_path / "panoptic_train" / "a.png", np.array([[[1, 0, 0], [2, 0, 0]]], np.uint8))
    segments = [{"id": 1, "category_id": 1}, {"id": 2, "category_id": 1}]
    annotations, categories = [{"segments_info": segments, "file_name": "a.png"}], [{"id": 1, "name": "car", "isthing": 0}]
    coco_file(tmp_path / "panoptic_train.json", annotations, categories, height=1, width=2)
    photo(tmp_path / "a.jpg", (1, 2))
    np.testing.assert_array_equal(maps(read("coco", tmp_path, "panoptic"))[1], [[1000, 1001]])
