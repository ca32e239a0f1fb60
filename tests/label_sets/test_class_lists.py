from __future__ import annotations

from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.label_sets import LabelClass, load_class_list, load_label_set

CVAT = """# label:color_rgb:parts:actions
background:0,0,0::
car: a fast one:128,64,32::
tree:0,255,0::
"""
CAMVID = "64 128 64\tAnimal\n192 0 128\t\tArchway\n0 128 192   Bicyclist on the left\n"
ROBOFLOW = "Pixel Value, Class\n0, background\n2, car\n7, tree\n"
CLASS_DICT = "name,r,g,b\nAnimal,64,128,64\nArchway,192,0,128\n"


def _load(folder: Path, text: str | bytes, name: str = "list.txt"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_class_list(folder / name)


def _rows(label_set) -> list[tuple]:
    return [(item.name, item.ids, item.color) for item in label_set.classes]


def test_a_label_map_of_cvat_gives_names_and_colours(tmp_path) -> None:
    assert _rows(_load(tmp_path, CVAT)) == [
        ("background", (0,), (0, 0, 0)),
        ("car: a fast one", (1,), (128, 64, 32)),
        ("tree", (2,), (0, 255, 0)),
    ]


def test_label_colours_of_camvid_give_names_and_colours(tmp_path) -> None:
    assert _rows(_load(tmp_path, CAMVID)) == [
        ("Animal", (0,), (64, 128, 64)),
        ("Archway", (1,), (192, 0, 128)),
        ("Bicyclist on the left", (2,), (0, 128, 192)),
    ]


def test_classes_of_roboflow_give_ids_and_get_different_colours(tmp_path) -> None:
    label_set = _load(tmp_path, ROBOFLOW, "_classes.csv")
    assert [(item.name, item.ids) for item in label_set.classes] == [("background", (0,)), ("car", (2,)), ("tree", (7,))]
    assert len(set(label_set.colors)) == 3
    assert label_set.name == "classes"


def test_tables_with_colours_are_read_by_their_header(tmp_path) -> None:
    assert _rows(_load(tmp_path, CLASS_DICT)) == [("Animal", (0,), (64, 128, 64)), ("Archway", (1,), (192, 0, 128))]
    assert _rows(_load(tmp_path, "ID, Red, Green, Blue, Label\n5, 1, 2, 3, car\n")) == [("car", (5,), (1, 2, 3))]


@pytest.mark.parametrize("text", [CVAT, CAMVID, ROBOFLOW, CLASS_DICT])
def test_byte_order_marks_and_line_ends_of_windows_change_nothing(tmp_path, text) -> None:
    plain = _load(tmp_path, text)
    windows = text.replace("\n", "\r\n")
    for data in (windows.encode("utf-8-sig"), windows.encode("utf-16")):
        assert _load(tmp_path, data) == plain


def test_what_a_list_gives_is_a_label_set_that_can_be_saved(tmp_path) -> None:
    label_set = _load(tmp_path, CVAT)
    (tmp_path / "mine.json").write_text(label_set.to_json())
    assert load_label_set(tmp_path / "mine.json") == label_set
    assert label_set.classes[2] == LabelClass("tree", (2,), (0, 255, 0), False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no class; expected labelmap.txt"),
        ("road, 1\n", "is no list of classes that is known; expected labelmap.txt"),
        ("name,r,g\ncar,1,2\n", "is no list of classes that is known"),
        ("car:1,2,3::\ntree\n", "line 2 is 'tree'; expected name:r,g,b::"),
        ("car:1,2,300::\n", r"line 1 is 'car:1,2,300::'; expected a colour of three numbers in 0\.\.255"),
        ("# none\ncar:::\n", "line 2 is 'car:::'; expected a colour"),
        ("1 2 3 car\n4 5 tree\n", "line 2 is '4 5 tree'; expected r g b name"),
        ("Pixel Value, Class\n70000, car\n", r"line 2 is '70000, car'; expected a number in 0\.\.65535 as pixel value"),
        ("Pixel Value, Class\n0\n", "line 2 is '0'; expected pixel value, class"),
        ("Pixel Value, Class\n0, car, red\n", "expected pixel value, class, with quotes around a name that has a comma"),
        ("car:1,2,3::\ncar:1,2,4::\n", "two classes named 'car'"),
        (b"\x89PNG\xff", r"cannot read the list of classes \(not UTF-8 text\)"),
    ],
)
def test_other_texts_are_refused_by_line(tmp_path, text, message) -> None:
    with pytest.raises(InputError, match=rf"list\.txt: .*{message}") as caught:
        _load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_where_a_label_set_is_expected_a_list_is_refused_with_the_command(tmp_path) -> None:
    with pytest.raises(
        InputError, match=r"labelmap\.txt' is no \.json file; make one .* with `tfhd train label-set .*OUT\.json`"
    ):
        load_label_set(tmp_path / "labelmap.txt")
