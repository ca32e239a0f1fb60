from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import forked
from tests.tiny_fit import complaint, folder_flags
from tests.tiny_training import training_config
from tfhd.train.preparation import prepare

ROOT = Path(__file__).resolve().parents[2]


def run_fit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run("train", "fit", *arguments)


def save(path: Path, array: np.ndarray) -> None:
    Image.fromarray(array).save(path)


def misspell_class_key(path: Path) -> None:
    document = json.loads(path.read_text())
    document["classes"][0]["colour"] = document["classes"][0].pop("color")
    path.write_text(json.dumps(document))


BAD_DATA = {
    "missing label map": (
        lambda root: (root / "train_label/1.png").unlink(),
        r"1 file has no label map of the same name in .*train_label: .*train_img/1\.png; add",
    ),
    "missing photo": (
        lambda root: (root / "train_img/1.png").unlink(),
        r"1 file has no photo of the same name in .*train_img: .*train_label/1\.png; add",
    ),
    "missing held-out photo": (
        lambda root: shutil.copytree(root / "train_label", root / "val_label"),
        r"val_img: no such folder",
    ),
    "sizes that differ": (
        lambda root: save(root / "train_label/1.png", np.full((32, 48), 7, np.uint8)),
        r"train_label/1\.png is 48x32 .* but its photo .*train_img/1\.png is 64x32; make both the same size",
    ),
    "label outside the set": (
        lambda root: save(root / "train_label/1.png", np.pad(np.full((2, 3), 99, np.uint8), ((0, 30), (0, 61)))),
        r"train_label/1\.png: label values outside the label set 'tiny': 99 \(6 pixels\); correct",
    ),
    "unknown colours": (
        lambda root: save(root / "train_label/1.png", np.full((32, 64, 3), (1, 2, 3), np.uint8)),
        r"train_label/1\.png: colours outside the label set 'tiny': \(1, 2, 3\) \(2048 pixels\); correct",
    ),
    "truncated label map": (
        lambda root: (root / "train_label/1.png").write_bytes((root / "train_label/1.png").read_bytes()[:60]),
        r"train_label/1\.png: cannot be decoded, it is damaged or cut off .*; replace the file",
    ),
    "truncated photo": (
        lambda root: (root / "train_img/1.png").write_bytes((root / "train_img/1.png").read_bytes()[:-20]),
        r"train_img/1\.png: cannot be decoded, it is damaged or cut off .*; replace the file",
    ),
    "no picture at all": (
        lambda root: (root / "train_img/1.png").write_text("hello"),
        r"train_img/1\.png: is not a picture that can be read; replace the file",
    ),
    "empty folder": (
        lambda root: [path.unlink() for path in root.glob("train_*/*")],
        r"train_label: holds no label maps and .*train_img no photos; put",
    ),
    "no folder": (lambda root: shutil.rmtree(root / "train_label"), r"train_label: no such folder; check data\.root"),
    "unknown key in the label set": (
        lambda root: misspell_class_key(root / "labels.json"),
        r"labels\.json: classes\[0\]: key 'color' is missing",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_DATA.values(), ids=BAD_DATA.keys())
def test_bad_data_is_named_before_anything_is_written(data, tmp_path, spoil, message):
    spoil(data)
    text = complaint(folder_flags(data, tmp_path / "run"), tmp_path / "run")
    assert re.search(message, text), text


@pytest.mark.parametrize("fault", ["label outside the set", "truncated photo"])
def test_the_program_ends_in_one_line_and_code_2(data, tmp_path, fault):
    BAD_DATA[fault][0](data)
    done = run_fit(*folder_flags(data, tmp_path / "run"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "1.png" in done.stderr
    assert not (tmp_path / "run").exists()


def test_what_is_prepared_says_where_the_training_starts_and_nothing_is_written(data, tmp_path):
    config = training_config()
    config = replace(config, data=replace(config.data, root=str(data), label_set=str(data / "labels.json")))
    training = prepare(config, tmp_path / "run")
    assert (training.config, training.out, training.splits) == (config, tmp_path / "run", ("train",))
    assert (training.label_set.name, training.cluster.replicas) == ("tiny", 1)
    assert (training.start.stage, training.start.state.step) == ("global", 0)
    assert (training.start.checkpoint, training.start.inherited) == (None, None)
    assert not (tmp_path / "run").exists()


def test_signs_of_wrong_labels_are_told_before_the_first_step(data, tmp_path, capsys):
    (data / "train_inst").mkdir()
    for path in (data / "train_label").iterdir():
        with Image.open(path) as label:
            save(
                data / "train_inst" / path.name,
                np.asarray(label) // 26 % 2 * np.uint8(0) + np.indices((32, 64))[1].astype(np.uint8) // 32,
            )
    config = training_config()
    config = replace(config, data=replace(config.data, root=str(data), label_set=str(data / "labels.json")))
    prepare(config, tmp_path / "run")
    assert "warning: train: " in capsys.readouterr().out


def test_a_size_that_does_not_suit_the_networks_is_named_before_anything_is_written(data, tmp_path):
    save(data / "train_label/2.png", np.full((4, 64), 7, np.uint8))
    save(data / "train_img/2.png", np.full((4, 64, 3), 90, np.uint8))
    crop = [*folder_flags(data, tmp_path / "run"), "--data.resize", "crop"]
    assert "train_label/2.png: the picture is 64x4" in complaint(crop, tmp_path / "run")
    strip = [*folder_flags(data, tmp_path / "run"), "--data.resize", "scale_width"]
    assert "train_label/2.png: the picture of 64x4 (width x height) becomes 64x4" in complaint(strip, tmp_path / "run")
