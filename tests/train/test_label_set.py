from __future__ import annotations

from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.label_sets import load_label_set
from tfhd.train.__main__ import main
from tfhd.train.label_set import make_label_set


def _list(folder: Path, text: str) -> Path:
    path = folder / "labelmap.txt"
    path.write_text(text)
    return path


def test_a_list_of_classes_becomes_a_label_set(tmp_path, capsys) -> None:
    source = _list(tmp_path, "background:0,0,0::\ncar:1,2,3::\n")
    main("tfhd train", ["label-set", str(source), str(tmp_path / "mine.json"), "--countable", "car"])
    label_set = load_label_set(tmp_path / "mine.json")
    assert (label_set.names, label_set.colors, label_set.countable) == (("background", "car"), ((0, 0, 0), (1, 2, 3)), (1,))
    printed = capsys.readouterr().out
    assert printed.startswith(f"{tmp_path / 'mine.json'}: 2 classes, 1 of them countable\n")
    assert "for maps of numbers, set `ids`" in printed


def test_colours_that_repeat_are_told(tmp_path, capsys) -> None:
    make_label_set(_list(tmp_path, "sky:0,0,0::\ncar:0,0,0::\n"), tmp_path / "mine.json")
    assert "warning: colour (0, 0, 0) stands for sky, car; " in capsys.readouterr().out


def test_nothing_is_written_where_something_is_wrong(tmp_path) -> None:
    source = _list(tmp_path, "sky:0,0,0::\n")
    with pytest.raises(InputError, match=r"--countable cow: .*labelmap\.txt lists no such class; it has sky"):
        make_label_set(source, tmp_path / "mine.json", countable=("cow",))
    with pytest.raises(InputError, match=r"mine\.txt: a label set is a file ending in \.json"):
        make_label_set(source, tmp_path / "mine.txt")
    (tmp_path / "there.json").write_text("{}")
    with pytest.raises(InputError, match=r"there\.json: exists already, and is not replaced"):
        make_label_set(source, tmp_path / "there.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labelmap.txt", "there.json"]
    assert (tmp_path / "there.json").read_text() == "{}"
