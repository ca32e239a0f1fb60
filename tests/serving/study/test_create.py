from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.serving.study.conftest import create_study, write_pictures
from tfhd.errors import InputError
from tfhd.serving.study.database import connect
from tfhd.serving.study.design import Design


def rows(study: Path, query: str) -> list[tuple]:
    database = connect(study)
    try:
        return [tuple(row) for row in database.execute(query)]
    finally:
        database.close()


def shown(study: Path, method: str, name: str) -> np.ndarray:
    """The pixels of a picture as raters see it."""
    ((picture,),) = rows(study, f"SELECT id FROM pictures WHERE method = '{method}' AND name = '{name}'")
    return np.asarray(Image.open(study / "pictures" / f"{picture}.png"))


def test_pictures_of_one_name_are_compared(make_study, folders):
    study = make_study(votes_per_pair=3)
    assert rows(study, "SELECT name, first, second FROM questions ORDER BY id") == [
        (f"street{number}", "ours", "other") for number in range(4)
    ]
    assert rows(study, "SELECT question, count(*) FROM slots GROUP BY question") == [(number, 3) for number in range(4)]
    original = np.asarray(Image.open(folders["ours"] / "street2.png"))
    assert (shown(study, "ours", "street2") == original).all()


def test_nothing_about_a_file_tells_its_method(make_study, tmp_path):
    names = ["a", "b"]
    png = write_pictures(tmp_path / "png", names, 50)
    for name in names:
        (tmp_path / "jpg").mkdir(exist_ok=True)
        Image.open(png / f"{name}.png").save(tmp_path / "jpg" / f"{name}.jpg", comment="made by jpg")
    create_study(tmp_path / "study", pictures=(f"x={png}", f"y={tmp_path / 'jpg'}"))
    for path in (tmp_path / "study" / "pictures").iterdir():
        assert len(path.stem) == 24
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.info) == ("PNG", "RGB", {})


def test_what_is_missing_is_listed_and_nothing_is_made(folders, tmp_path):
    fewer = write_pictures(tmp_path / "fewer", ["street0", "street3", "extra"], 50)
    with pytest.raises(InputError) as caught:
        create_study(tmp_path / "study", pictures=(f"ours={folders['ours']}", f"fewer={fewer}"))
    assert f"--pictures {fewer} lacks 2 of 5 (street1, street2)" in str(caught.value)
    assert f"{folders['ours']} lacks 1 of 5 (extra)" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fewer"]


def test_all_pictures_of_different_sizes_are_named(folders, tmp_path):
    other = write_pictures(tmp_path / "other", ["street0", "street2"], 50, (48, 60))
    write_pictures(other, ["street1", "street3"], 50)
    with pytest.raises(InputError) as caught:
        create_study(tmp_path / "study", pictures=(f"ours={folders['ours']}", f"other={other}"))
    line = str(caught.value)
    assert "2 of 4 are not" in line
    for name in ("street0", "street2"):
        assert f"{other}/{name}.png is 60x48, but {folders['ours']}/{name}.png is 64x48" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other"]


def test_limited_time_compares_photos_too_and_unlimited_does_not(make_study, folders):
    limited = make_study(photos=folders["photo"], limited_time=True, name="limited")
    assert Design.read(limited).pairs == (("ours", "other"), ("ours", "photo"), ("other", "photo"))
    assert Design.read(limited).seconds == (0.125, 0.25, 0.5, 1, 2, 4, 8)
    unlimited = make_study(photos=folders["photo"])
    assert Design.read(unlimited).pairs == (("ours", "other"),)


def test_one_method_against_all_others(make_study):
    assert Design.read(make_study(("ours", "other", "third"), against="third")).pairs == (("third", "ours"), ("third", "other"))


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Label maps of Cityscapes: cars (26) in two pictures, in one of them too small to judge."""
    (tmp_path / "labels").mkdir()
    for number in range(4):
        label = np.full((48, 64), 7, np.uint8)
        if number == 1:
            label[10:26, 20:36] = label[40:44, 2:6] = 26
        if number == 2:
            label[10:13, 20:23] = 26
        Image.fromarray(label).save(tmp_path / "labels" / f"street{number}.png")
    return tmp_path / "labels"


def test_a_region_is_a_crop_of_the_largest_car_with_a_margin(make_study, folders, labels):
    study = make_study(labels=labels, region_class="car")
    assert rows(study, "SELECT DISTINCT name FROM questions") == [("street1",)]
    original = np.asarray(Image.open(folders["other"] / "street1.png"))
    assert (shown(study, "other", "street1") == original[6:30, 16:40]).all()


def test_what_has_no_region_is_named(make_study, labels, capsys):
    make_study(labels=labels, region_class="car")
    printed = capsys.readouterr().out
    assert "study: 1 picture, ours : other" in printed
    assert "3 pictures left out, whose region is absent or too small to judge: street0, street2, street3" in printed


def test_a_region_may_be_outlined(make_study, folders, labels):
    study = make_study(labels=labels, region_class="car", region="outline")
    original, made = np.asarray(Image.open(folders["ours"] / "street1.png")), shown(study, "ours", "street1")
    assert made.shape == original.shape
    changed = (made != original).any(-1)
    assert (made[changed] == (255, 216, 0)).all()
    assert changed[9, 20:36].all()
    assert not changed[10:26, 20:36].any()


def test_regions_may_be_masks(make_study, folders, tmp_path):
    (tmp_path / "masks").mkdir()
    for number in range(4):
        mask = np.zeros((48, 64), np.uint8)
        mask[8:40, 8:40] = 255
        Image.fromarray(mask).save(tmp_path / "masks" / f"street{number}.png")
    study = make_study(regions=tmp_path / "masks")
    assert shown(study, "ours", "street0").shape == (48, 48, 3)


def test_a_class_that_no_picture_has_is_refused(make_study, labels):
    with pytest.raises(InputError, match="no picture has a region that is large enough"):
        make_study(labels=labels, region_class="bus")


WRONG = [
    ({"votes_per_pair": 0}, "--votes-per-pair is 0; expected 1 to 1000"),
    ({"raters": 0}, "--raters is 0"),
    ({"raters": 10_001}, "--raters is 10001"),
    ({"seconds": (1.0,)}, "--seconds belongs to --limited-time"),
    ({"limited_time": True, "seconds": (0.01,)}, "--seconds 0.01: expected 0.05 to 60"),
    ({"limited_time": True, "seconds": (1.0, 1.0)}, "different durations"),
    ({"limited_time": True, "seconds": (float("nan"),)}, "--seconds nan"),
    ({"methods": ("ours",)}, "1 methods to compare"),
    ({"methods": ("ours", "ours")}, "two methods share a name"),
    ({"against": "theirs"}, "--against theirs: no such method"),
    ({"region": "outline"}, "--region outline needs the regions"),
    ({"scale": 0.0}, "--scale is 0"),
    ({"region_class": "car"}, "--labels and --region-class belong together"),
    ({"question": "  "}, "--question: expected 1 to"),
    ({"consent": Path("absent.txt")}, "absent.txt: cannot read the consent text"),
    ({"min_checks_passed": 1.5}, "--min-checks-passed is 1.5"),
    ({"min_checks_passed": float("nan")}, "--min-checks-passed is nan"),
    ({"seed": -1}, "--seed is -1"),
]


@pytest.mark.parametrize(("flags", "line"), WRONG, ids=[line[:30] for _, line in WRONG])
def test_wrong_flags_are_refused_in_a_line(make_study, tmp_path, flags, line):
    with pytest.raises(InputError) as caught:
        make_study(**flags)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "<b>", "noise", "", "x" * 41, "a\nb"])
def test_names_of_methods_are_plain(folders, tmp_path, name):
    with pytest.raises(InputError, match=r"method|expected NAME=FOLDER"):
        create_study(tmp_path / "study", pictures=(f"{name}={folders['ours']}", f"other={folders['other']}"))


def test_too_few_raters_are_told_beforehand(make_study, capsys):
    make_study(votes_per_pair=10, raters=3)
    assert "3 raters cannot give all of these votes" in capsys.readouterr().out
    make_study(name="enough", votes_per_pair=3, raters=3)
    printed = capsys.readouterr().out
    assert "cannot" not in printed
    assert "12 votes per pair of methods" in printed
    assert "It takes 820 votes to tell a preference of 55 %" in printed


def test_one_folder_under_two_names_is_told(folders, tmp_path, capsys):
    create_study(tmp_path / "study", pictures=(f"ours={folders['ours']}", f"same={folders['ours']}"))
    assert "ours and same are one folder" in capsys.readouterr().out


def test_transparency_that_is_dropped_is_told(folders, tmp_path, capsys):
    (tmp_path / "clear").mkdir()
    for number in range(4):  # one is opaque, with a channel that says so
        color = (90, 90, 90, 0 if number else 255)
        Image.new("RGBA", (64, 48), color).save(tmp_path / "clear" / f"street{number}.png")
    create_study(tmp_path / "study", pictures=(f"ours={folders['ours']}", f"clear={tmp_path / 'clear'}"))
    assert "3 files with transparency, which was dropped" in capsys.readouterr().out


def test_names_beyond_ascii(tmp_path):
    names = ["straße", "日本", "a b&c#%?"]
    sources = tuple(f"{method}={write_pictures(tmp_path / method, names, 50)}" for method in ("ours", "other"))
    create_study(tmp_path / "stüdie #1", pictures=sources)
    assert {name for (name,) in rows(tmp_path / "stüdie #1", "SELECT name FROM questions")} == set(names)


def test_a_name_that_is_no_utf_8_is_refused(tmp_path):
    sources = []
    for method in ("ours", "other"):
        path = write_pictures(tmp_path / method, ["a"], 50) / "a.png"
        path.rename(os.fsdecode(os.fsencode(path.parent) + b"/\xff.png"))
        sources.append(f"{method}={path.parent}")
    with pytest.raises(InputError, match=r"its name is not UTF-8.*rename the file"):
        create_study(tmp_path / "study", pictures=tuple(sources))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "ours"]


def test_what_holds_tokens_is_its_owners_alone(make_study):
    study = make_study()
    assert (study / "votes.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_study_is_not_written_over_another(make_study):
    make_study()
    with pytest.raises(InputError, match="exists already"):
        make_study()
