from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats.test_data_sets import photo, save
from tests.train.prepare.sources import files, roboflow
from tests.train.prepare.two_commands import assert_trained, prepare_and_fit
from tfhd.config import Config
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.train.prepare.command import prepare
from tfhd_client import read_size


def test_two_commands_lead_to_a_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my pictures"
    source, out = roboflow(tmp_path / "source"), folder / "data"
    losses = prepare_and_fit("roboflow", source, folder, capsys, "--countable", "car")
    assert_trained(losses, folder / "run", {"background", "car"})
    maps = {kind: np.asarray(Image.open(out / f"train_{kind}" / "p1_jpg.rf.0.png")) for kind in ("label", "inst")}
    assert (maps["label"].dtype, maps["label"].max(), maps["inst"].max()) == (np.uint16, 1, 1000)
    linked = out / "train_img" / "p1_jpg.rf.0.jpg"
    assert linked.stat().st_ino == (source / "train" / "p1_jpg.rf.0.jpg").stat().st_ino


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    record = out / "prepared.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"complete": False}))
    before = files(out)
    (out / "train_inst" / "p0_jpg.rf.0.png").unlink()
    prepare("roboflow", source, out)
    after = files(out)
    assert set(after) == set(before)
    assert {name for name in after if after[name] != before[name] and "p1" in name} == set()


def test_maps_that_were_corrected_since_are_written_anew(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    save(source / "train" / "p0_jpg.rf.0_mask.png", np.ones((64, 96), np.uint8))
    prepare("roboflow", source, out)
    assert np.asarray(Image.open(out / "train_label" / "p0_jpg.rf.0.png")).min() == 1


def test_other_settings_or_other_classes_need_another_folder(tmp_path: Path) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    prepare("roboflow", source, out)
    with pytest.raises(InputError, match=r"was prepared with width None, now it is 64; choose another folder"):
        prepare("roboflow", source, out, width=64)
    (source / "train" / "_classes.csv").write_text("Pixel Value, Class\n0, background\n1, bus\n")
    with pytest.raises(InputError, match="the source has other classes now"):
        prepare("roboflow", source, out)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="neither empty nor a prepared folder"):
        prepare("roboflow", source, tmp_path / "mine")


def test_what_cannot_be_read_is_left_out_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    roboflow(source, 3)
    (source / "train" / "p0_jpg.rf.0_mask.png").write_bytes(b"no picture")
    photo(source / "train" / "p1_jpg.rf.0.jpg", (8, 8))
    prepare("roboflow", source, out)
    record = json.loads((out / "prepared.json").read_text())
    assert (record["complete"], record["pictures"]) == (True, {"train": 1})
    assert [item["what"] for item in record["left_out"]] == ["p0_jpg.rf.0", "p1_jpg.rf.0"]
    assert "make both the same size" in record["left_out"][1]["why"]
    assert "left out: p0_jpg.rf.0: " in capsys.readouterr().out
    assert sorted(path.name for path in (out / "train_label").iterdir()) == ["p2_jpg.rf.0.png"]


def test_at_training_size_training_gets_the_pictures_that_it_would_make(tmp_path: Path) -> None:
    source = roboflow(tmp_path / "source", size=(128, 192))
    batches = []
    for out, size in ((tmp_path / "full", {}), (tmp_path / "small", {"width": 96, "height": 64})):
        prepare("roboflow", source, out, countable=("car",), **size)
        data = {"root": str(out), "label_set": str(out / "label_set.json"), "height": 64, "width": 96, "batch_size": 2}
        config = Config.from_json(json.dumps({"data": data}))
        batches.append(next(iter(build_dataset(config, "train"))))
    for name in ("label", "instance", "image"):
        np.testing.assert_array_equal(*(batch[name].numpy() for batch in batches))
    assert read_size(tmp_path / "small" / "train_img" / "p0_jpg.rf.0.png") == (64, 96)


def test_pictures_keep_their_split_when_others_come(tmp_path: Path) -> None:
    def splits(count: int) -> dict[str, str]:
        source, out = tmp_path / f"s{count}", tmp_path / f"o{count}"
        for index in range(count):
            save(source / "training" / "instance" / f"{index}.png", np.full((32, 32), 26 * 256 + 1, np.uint16))
            photo(source / "training" / "image_2" / f"{index}.png", (32, 32))
        prepare("kitti", source, out, val_share=0.4)
        return {path.stem: split for split in ("train", "val") for path in (out / f"{split}_label").iterdir()}

    few, many = splits(8), splits(16)
    assert {name: many[name] for name in few} == few
    assert set(few.values()) == {"train", "val"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"kind": "fine"}, "--kind fine: roboflow has none"),
        ({"height": 64}, "--height 64: give --width too"),
        ({"width": 0}, "--width 0 --height None: each must be at least 32"),
        ({"val_share": 1.5}, "--val-share is 1.5"),
        ({"countable": ("cow",)}, "lists no such class"),
    ],
)
def test_wrong_flags_are_refused(tmp_path: Path, flags: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare("roboflow", roboflow(tmp_path / "source"), tmp_path / "out", **flags)
    assert not (tmp_path / "out").exists()


def test_out_may_not_lie_in_the_source(tmp_path: Path) -> None:
    source = roboflow(tmp_path / "source")
    with pytest.raises(InputError, match="choose a folder outside of it"):
        prepare("roboflow", source, source / "out")
    assert os.path.isdir(source / "train")
