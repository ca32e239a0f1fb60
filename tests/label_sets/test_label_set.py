import io
import json

import pytest
from PIL import Image

from tfhd.errors import InputError
from tfhd.label_sets import LabelClass, LabelSet, load_label_set, map_labels
from tfhd_client import read_labels

NAMES = ["ade20k", "camvid", "cityscapes", "helen", "nyu"]


def _class(**changes):
    return {"name": "sky", "ids": [0], "color": [1, 2, 3], "countable": False} | changes


def _document(*classes):
    return json.dumps({"name": "mine", "classes": list(classes)})


@pytest.mark.parametrize(
    ("name", "num_classes"), [("ade20k", 151), ("camvid", 12), ("cityscapes", 35), ("helen", 11), ("nyu", 41)]
)
def test_known_sets_have_their_class_counts(name, num_classes):
    label_set = load_label_set(name)
    assert (label_set.name, label_set.num_classes) == (name, num_classes)
    assert len(label_set.names) == len(label_set.colors) == num_classes


def test_cityscapes_indices_are_label_ids():
    label_set = load_label_set("cityscapes")
    assert [label_set.names[index] for index in (7, 11, 21, 23, 26, 33, 34)] == [
        "road", "building", "vegetation", "sky", "car", "bicycle", "don't care",
    ]  # fmt: skip
    assert all(label_set.classes[index].ids == (index,) for index in range(34))
    assert label_set.classes[34].ids == (34, 255)
    assert label_set.countable == tuple(range(24, 34))
    assert label_set.colors[7] == (128, 64, 128)


@pytest.mark.parametrize(
    ("name", "void_class", "void_ids"), [("ade20k", 150, (0, 255)), ("nyu", 40, (0, 255)), ("camvid", 11, (11, 255))]
)
def test_void_values_belong_to_the_last_class(name, void_class, void_ids):
    assert load_label_set(name).classes[void_class].ids == void_ids


def test_sets_that_number_from_one_start_with_wall():
    for name in ("ade20k", "nyu"):
        assert load_label_set(name).classes[0] == LabelClass("wall", (1,), load_label_set(name).colors[0], False)


def test_countable_classes_of_camvid_and_ade20k():
    assert load_label_set("camvid").countable == (8, 9, 10)
    assert len(load_label_set("ade20k").countable) == 100  # the classes of the ADE20K instance challenge


@pytest.mark.parametrize("name", NAMES)
def test_json_round_trip(name):
    label_set = load_label_set(name)
    assert LabelSet.from_json(label_set.to_json()) == label_set


def test_loads_a_file(tmp_path):
    label_set = LabelSet("mine", (LabelClass("sky", (0, 65535), (1, 2, 3), False), LabelClass("car", (7,), (4, 5, 6), True)))
    path = tmp_path / "mine.json"
    path.write_text(label_set.to_json())
    assert load_label_set(path) == load_label_set(str(path)) == label_set


def test_unknown_name_lists_the_known():
    with pytest.raises(InputError, match=r"'citiscapes' is not known; use one of ade20k, camvid, cityscapes, helen, nyu"):
        load_label_set("citiscapes")


def test_absent_or_binary_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.json: cannot read the label set \(No such file"):
        load_label_set(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\x89PNG\xff")
    with pytest.raises(InputError, match=r"binary\.json: cannot read the label set \(not UTF-8 text\)"):
        load_label_set(tmp_path / "binary.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"mine\.json: line 1: .*must be JSON"),
        ("[]", r"mine\.json: expected an object with the keys 'name' and 'classes'"),
        (_document(), r"label set 'mine' has no classes"),
        (_document("sky"), r"classes\[0\]: expected an object"),
        (_document(_class(), {"name": "car"}), r"classes\[1\]: key 'color' is missing"),
        (_document(_class(colour=[1, 2, 3])), r"classes\[0\]: key 'colour' is not known"),
        (_document(_class(ids=[65536])), r"classes\[0\]: ids is \[65536\]; it must be a list of whole numbers in 0\.\.65535"),
        (_document(_class(ids=[])), r"classes\[0\]: ids is \[\]"),
        (_document(_class(ids=[True])), r"classes\[0\]: ids is \[True\]"),
        (_document(_class(color=[0, 0])), r"classes\[0\]: color is \[0, 0\]; it must be three"),
        (_document(_class(countable=1)), r"classes\[0\]: countable is 1; it must be true or false"),
        (_document(_class(), _class(ids=[1])), r"two classes named 'sky'"),
        (_document(_class(), _class(name="car")), r"id 0 belongs to both 'sky' and 'car'"),
    ],
)
def test_bad_json_says_where_and_what(tmp_path, text, message):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load_label_set(path)
    assert "mine.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, encoding):
    label_set = load_label_set("camvid")
    (tmp_path / "mine.json").write_bytes(label_set.to_json().encode(encoding))
    assert load_label_set(tmp_path / "mine.json") == label_set


def test_colours_of_several_classes_are_found():
    shared = load_label_set("cityscapes").shared_colors
    assert shared[0, 0, 0][:2] == ("unlabeled", "ego vehicle")
    assert all(len(names) > 1 for names in shared.values())
    assert load_label_set("camvid").shared_colors == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_of_one_class_is_read_as_that_class(name):
    label_set = load_label_set(name)
    for index, item in enumerate(label_set.classes):
        picture = io.BytesIO()
        Image.new("RGB", (2, 2), item.color).save(picture, "PNG")
        if item.color in label_set.shared_colors or len(set(item.color)) == 1:
            continue
        assert (map_labels(read_labels(picture.getvalue(), label_set.label_classes), label_set, "x.png") == index).all()
