"""Each published data set, tiny, in its own layout: class and object pixels come out as they went in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT
from tfhd.errors import InputError
from tfhd.formats import FORMATS, Contents, Tree, instance_map
from tfhd.formats.class_names import ids_by_name

LABEL = np.array([[7, 7, 7, 7], [26, 26, 26, 26], [26, 24, 24, 26]], np.int32)
OBJECTS = np.array([[0, 0, 0, 0], [1, 1, 2, 2], [1, 3, 3, 2]], np.int64)


def save(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def photo(path: Path, shape: tuple[int, int] = (3, 4)) -> Path:
    return save(path, np.full((*shape, 3), 90, np.uint8))


def read(name: str, root: Path, kind: str | None = None) -> Contents:
    return FORMATS[name].open(Tree(root), kind)


def maps(contents: Contents, index: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Label and instance map of a picture, the instance ids numbered by their first pixel."""
    drawn = contents.pictures[index].draw()
    return drawn.label, instance_map(drawn, contents.label_set, "here")


def same_parts(instance: np.ndarray, objects: np.ndarray) -> bool:
    """Whether two maps tell the same objects apart, whatever their numbers."""
    pairs = {(int(a), int(b)) for a, b in zip(instance.ravel(), objects.ravel(), strict=True)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def cityscapes(root: Path, folder: str, ending: str, label: np.ndarray = LABEL, split: str = "train") -> None:
    stem = root / folder / split / "ulm" / f"ulm_1_{folder}"
    save(stem.with_name(stem.name + f"_label{ending}.png"), label.astype(np.uint8))
    instance = np.where(OBJECTS > 0, label * 1000 + OBJECTS, label)
    save(stem.with_name(stem.name + f"_instance{ending}.png"), instance.astype(np.uint16))
    photo(root / "leftImg8bit" / split / "ulm" / "ulm_1_leftImg8bit.png")


@pytest.mark.parametrize(("kind", "folder"), [("fine", "gtFine"), ("coarse", "gtCoarse")])
def test_cityscapes_keeps_ids_and_instances(tmp_path: Path, kind: str, folder: str) -> None:
    cityscapes(tmp_path, folder, "Ids")
    save(tmp_path / folder / "test" / "ulm" / f"ulm_2_{folder}_labelIds.png", LABEL.astype(np.uint8))
    contents = read("cityscapes", tmp_path, kind)
    assert [(item.name, item.split) for item in contents.pictures] == [("ulm_1", "train")]
    assert [item.why for item in contents.left_out] == ["labels of the test split are not published"]


def test_cityscapes_instances_are_those_of_the_file(tmp_path: Path) -> None:
    cityscapes(tmp_path, "gtFine", "Ids")
    label, instance = maps(read("cityscapes", tmp_path))
    np.testing.assert_array_equal(label, LABEL)
    np.testing.assert_array_equal(instance, np.where(OBJECTS > 0, LABEL * 1000 + OBJECTS, LABEL))


def test_cityscapes_train_ids_have_their_own_label_set(tmp_path: Path) -> None:
    cityscapes(tmp_path, "gtFine", "TrainIds", np.where(LABEL == 26, 13, np.where(LABEL == 24, 11, 0)))
    contents = read("cityscapes", tmp_path)
    assert [ids_by_name(contents.label_set)[name] for name in ("road", "person", "car", "don't care")] == [0, 11, 13, 255]
    assert sorted(np.unique(maps(contents)[0])) == [0, 11, 13]


def test_voc_numbers_objects_anew_and_knows_the_border(tmp_path: Path) -> None:
    label = np.array([[0, 7, 7, 255], [0, 7, 15, 15]], np.uint8)
    objects = np.array([[0, 1, 2, 255], [0, 1, 3, 3]], np.uint8)
    for folder, array in (("SegmentationClass", label), ("SegmentationObject", objects)):
        image = Image.fromarray(array, "P")
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768, np.uint8).tobytes())
        (tmp_path / "VOC2012" / folder).mkdir(parents=True)
        image.save(tmp_path / "VOC2012" / folder / "a.png")
    photo(tmp_path / "VOC2012" / "JPEGImages" / "a.jpg", (2, 4))
    lists = tmp_path / "VOC2012" / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("a\n")
    contents = read("voc", tmp_path)
    assert contents.pictures[0].split == "val"
    got, instance = maps(contents)
    np.testing.assert_array_equal(got, label)
    np.testing.assert_array_equal(instance, [[0, 7000, 7001, 255], [0, 7000, 15000, 15000]])


def test_nyu_numbers_start_anew_in_every_class(tmp_path: Path) -> None:
    h5py, scipy_io = pytest.importorskip("h5py"), pytest.importorskip("scipy.io")
    raw = np.array([[0, 5, 5], [9, 9, 5]], np.uint16)
    numbers = np.array([[0, 1, 2], [1, 1, 2]], np.uint8)
    image = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    with h5py.File(tmp_path / "nyu_depth_v2_labeled.mat", "w") as file:
        file["labels"], file["instances"] = raw.T[None], numbers.T[None]
        file["images"] = image.transpose(2, 1, 0)[None]
    mapping = np.full((1, 894), 40, np.uint8)
    mapping[0, [4, 8]] = 7, 7  # both classes become class 7
    scipy_io.savemat(tmp_path / "classMapping40.mat", {"mapClass": mapping})
    scipy_io.savemat(tmp_path / "splits.mat", {"testNdxs": [[1]]})
    contents = read("nyu", tmp_path)
    label, instance = maps(contents)
    np.testing.assert_array_equal(label, [[0, 7, 7], [7, 7, 7]])
    np.testing.assert_array_equal(instance, [[0, 7000, 7001], [7002, 7002, 7001]])
    np.testing.assert_array_equal(contents.pictures[0].photo(), image)
    assert contents.pictures[0].split == "val"


def test_ade20k_scene_parsing_takes_objects_from_the_instance_archive(tmp_path: Path) -> None:
    label = np.array([[0, 13, 13, 3]], np.uint8)
    save(tmp_path / "annotations" / "training" / "a.png", label)
    colors = np.array([[[0, 0, 0], [12, 1, 0], [12, 2, 0], [0, 0, 0]]], np.uint8)
    save(tmp_path / "annotations_instance" / "training" / "a.png", colors)
    photo(tmp_path / "images" / "training" / "a.jpg", (1, 4))
    got, instance = maps(read("ade20k", tmp_path))
    np.testing.assert_array_equal(got, label)
    assert same_parts(instance, np.array([[0, 1, 2, 3]]))


def test_ade20k_full_joins_red_and_green_to_a_class_and_blue_to_its_object(tmp_path: Path) -> None:
    folder = tmp_path / "images" / "ADE" / "validation" / "street"
    colors = np.array([[[20, 3, 128], [20, 3, 255], [0, 9, 255], [0, 0, 0]]], np.uint8)
    save(folder / "a_seg.png", colors)
    photo(folder / "a.jpg", (1, 4))
    objects = [{"name_ndx": 515, "name": "car, auto"}, {"name_ndx": 9, "name": "wall"}]
    (folder / "a.json").write_text(json.dumps({"annotation": {"object": objects}}))
    contents = read("ade20k", tmp_path)
    label, instance = maps(contents)
    np.testing.assert_array_equal(label, [[515, 515, 9, 0]])
    assert len(np.unique(instance)) == 4
    assert ids_by_name(contents.label_set)["car, auto"] == 515
    assert contents.pictures[0].split == "val"


def test_helen_takes_the_strongest_mask(tmp_path: Path) -> None:
    for part in range(11):
        strength = {0: [[200, 100]], 4: [[55, 120]], 10: [[10, 30]]}.get(part, [[0, 0]])
        save(tmp_path / "labels" / "1_1" / f"1_1_lbl{part:02}.png", np.array(strength, np.uint8))
    photo(tmp_path / "images" / "1_1.jpg", (1, 2))
    (tmp_path / "tuning.txt").write_text("1 , 1_1\n")
    contents = read("helen", tmp_path)
    np.testing.assert_array_equal(maps(contents)[0], [[0, 4]])
    assert contents.pictures[0].split == "val"


def test_celebamask_brings_masks_to_the_photos_size(tmp_path: Path) -> None:
    folder = tmp_path / "CelebAMask-HQ-mask-anno" / "0"
    save(folder / "00003_skin.png", np.full((2, 2), 255, np.uint8))
    save(folder / "00003_nose.png", np.array([[0, 255], [0, 0]], np.uint8))
    photo(tmp_path / "CelebA-HQ-img" / "3.jpg", (4, 4))
    label, _ = maps(read("celebamask", tmp_path))
    np.testing.assert_array_equal(label, np.kron([[1, 2], [1, 1]], np.ones((2, 2))))


def test_mapillary_and_kitti_divide_by_256(tmp_path: Path) -> None:
    stored = (LABEL * 256 + OBJECTS).astype(np.uint16)
    save(tmp_path / "kitti" / "training" / "instance" / "0_10.png", stored)
    photo(tmp_path / "kitti" / "training" / "image_2" / "0_10.png")
    label, instance = maps(read("kitti", tmp_path / "kitti"))
    np.testing.assert_array_equal(label, LABEL)
    assert same_parts(instance, np.where(OBJECTS > 0, OBJECTS, -LABEL))
    root = tmp_path / "vistas"
    save(root / "validation" / "v2.0" / "instances" / "a.png", stored)
    photo(root / "validation" / "images" / "a.jpg")
    classes = [{"name": f"n--{i}", "readable": f"Class {i}", "color": [i, 0, 0], "instances": i == 26} for i in range(30)]
    (root / "config_v2.0.json").write_text(json.dumps({"labels": classes}))
    contents = read("mapillary", root)
    label, instance = maps(contents)
    np.testing.assert_array_equal(label, LABEL)
    assert (instance[LABEL == 24] == 24).all()  # not countable there
    assert len(np.unique(instance[LABEL == 26])) == 2
    assert contents.pictures[0].split == "val"


def test_kitti360_keeps_numbers_and_reads_its_lists(tmp_path: Path) -> None:
    path = Path("data_2d_semantics") / "train" / "drive_0" / "image_00"
    instance = np.where(OBJECTS > 0, LABEL * 1000 + OBJECTS, LABEL * 1000).astype(np.uint16)
    save(tmp_path / path / "semantic" / "0000000003.png", LABEL.astype(np.uint8))
    save(tmp_path / path / "instance" / "0000000003.png", instance)
    photo(tmp_path / "data_2d_raw" / "drive_0" / "image_00" / "data_rect" / "0000000003.png")
    (tmp_path / "data_2d_semantics" / "train" / "x_val_frames.txt").write_text(
        f"photo.png {path.as_posix()}/semantic/0000000003.png\n"
    )
    contents = read("kitti360", tmp_path)
    np.testing.assert_array_equal(maps(contents)[1], instance)
    assert contents.pictures[0].split == "val"
    assert "vending machine" in contents.label_set.names


def test_bdd100k_joins_blue_and_alpha_and_makes_no_object_of_crowds(tmp_path: Path) -> None:
    pixels = np.array([[[0, 0, 0, 0], [3, 0, 1, 2], [3, 8, 2, 1], [3, 2, 0, 9]]], np.uint8)
    save(tmp_path / "labels" / "ins_seg" / "bitmasks" / "train" / "a.png", pixels)
    photo(tmp_path / "images" / "10k" / "train" / "a.jpg", (1, 4))
    label, instance = maps(read("bdd100k", tmp_path))
    np.testing.assert_array_equal(label, [[0, 3, 3, 3]])
    np.testing.assert_array_equal(instance, [[0, 3000, 3001, 3]])


def test_carla_joins_green_and_blue(tmp_path: Path) -> None:
    pixels = np.array([[[1, 0, 0], [14, 1, 0], [14, 0, 1], [14, 1, 1]]], np.uint8)
    save(tmp_path / "town" / "instance" / "7.png", pixels)
    photo(tmp_path / "town" / "rgb" / "7.png", (1, 4))
    label, instance = maps(read("carla", tmp_path))
    np.testing.assert_array_equal(label, [[1, 14, 14, 14]])
    assert len(np.unique(instance)) == 4


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_of_something_else_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match=r"holds no .*it holds notes\.txt") as caught:
        read(name, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", FORMATS)
def test_the_documentation_has_what_a_format_says_about_itself(name: str) -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    section = text.split(f"\n**{name}**")[1].split("\n\n**")[0]
    said = FORMATS[name]
    lines = {"reads": said.reads, "instances": said.instances} | ({"polygons": said.polygons} if said.polygons else {})
    assert [f"- {key}: {line}" for key, line in lines.items() if f"- {key}: {line}" not in section.splitlines()] == []
    assert [kind for kind in said.kinds if kind not in section] == []
