from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street, tiny_config, write_run
from tfhd.config import DataConfig
from tfhd.errors import InputError
from tfhd.styles import StyleTable
from tfhd.train.styles import write_styles


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three training pictures with 1, 2 and 3 cars."""
    random = np.random.default_rng(0)
    for number in range(3):
        label, instance = street(32, 48, cars=number + 1)
        photo = random.integers(0, 256, (32, 48, 3), np.uint8)
        for kind, array in (("label", label), ("inst", instance), ("img", photo)):
            folder = tmp_path / "photos" / f"train_{kind}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(folder / f"{number}.png")
    (tmp_path / "photos" / "tiny.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    return tmp_path / "photos"


def make_run(folder: Path, photos: Path, feature_channels: int = 3) -> Path:
    data = DataConfig(root=str(photos), label_set=str(photos / "tiny.json"), height=32, width=48)
    write_run(folder, dataclasses.replace(tiny_config(feature_channels), data=data), styles=False)
    return folder


def test_styles_of_a_run_are_written_and_listed(tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", photos)
    write_styles(run)
    table = StyleTable.load(run / "styles.npz")
    assert table.origin == "step-00000000 raw"
    assert table.centers.shape == (3, 10, 3)
    assert table.counts.tolist() == [3, 6, 0]  # one road a picture, six cars
    printed = capsys.readouterr().out
    assert "road" in printed
    assert "car" in printed
    assert "don't care" not in printed
    assert printed.rstrip().endswith("styles.npz")


def test_the_data_may_have_moved(tmp_path: Path, photos: Path) -> None:
    run = make_run(tmp_path / "run", photos)
    moved = photos.rename(tmp_path / "moved")
    (photos).mkdir()
    (moved / "tiny.json").rename(photos / "tiny.json")
    with pytest.raises(InputError, match="photos"):
        write_styles(run)
    write_styles(run, root=str(moved))
    assert (run / "styles.npz").exists()


def test_a_run_without_an_encoder_has_no_styles(tmp_path: Path, photos: Path) -> None:
    run = make_run(tmp_path / "run", photos, feature_channels=0)
    with pytest.raises(InputError, match="trained without an encoder"):
        write_styles(run)


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written(tmp_path: Path, photos: Path) -> None:
    run = make_run(tmp_path / "run", photos)
    label, _ = street(32, 48)
    label[0, 0] = 200
    Image.fromarray(label).save(photos / "train_label" / "1.png")
    with pytest.raises(InputError, match=r"1\.png: label values outside the label set 'tiny': 200 \(1 pixels\)"):
        write_styles(run)
    assert not (run / "styles.npz").exists()


def test_classes_that_no_instance_has_are_named(tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_styles(make_run(tmp_path / "whole", photos))
    assert "no styles for" not in capsys.readouterr().out
    for path in (photos / "train_inst").iterdir():
        with Image.open(path) as instance:
            ids = np.asarray(instance)
        Image.fromarray(np.where(ids > 1000, 7, ids).astype(np.uint16)).save(path)
    write_styles(make_run(tmp_path / "run", photos))
    assert "warning: no styles for car: no instance is of these classes on most" in " ".join(capsys.readouterr().out.split())
