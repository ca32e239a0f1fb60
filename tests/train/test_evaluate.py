from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street, tiny_config, write_run
from tfhd.config import Config, DataConfig
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.runs import load_run
from tfhd.train.evaluate import evaluate


@pytest.fixture
def run(street_run, tmp_path) -> Path:
    """A copy of the trained run, to write into."""
    return Path(shutil.copytree(street_run, tmp_path / "run"))


def test_figures_are_those_of_the_held_out_pictures(run, capsys):
    evaluate(run)
    result = json.loads((run / "evaluation.json").read_text())
    trained = load_run(run)
    config, networks = trained.config, trained.networks
    (batch,) = build_dataset(config, "val", training=False)
    encoded = networks.label_encoding(batch["label"], batch["instance"])
    styles = networks.encoder(batch["image"], batch["instance"])
    fake = networks.generator(np.concatenate([encoded, styles], axis=-1))
    photo = batch["image"].numpy()
    assert (result["split"], result["pictures"]) == ("val", 1)
    assert result["l1_encoder"] == pytest.approx(np.abs(fake - photo).mean() / 2, rel=1e-4)
    assert 0 < result["l1_class_colors"] < 1
    assert result["l1_reduction"] == pytest.approx(1 - result["l1_encoder"] / result["l1_class_colors"])
    relation = "lower" if result["l1_reduction"] > 0 else "higher"
    assert f"{abs(result['l1_reduction']):.1%} {relation}" in capsys.readouterr().out.replace("\n", " ")


def test_another_split_is_measured_on_demand(run):
    evaluate(run, split="train")
    result = json.loads((run / "evaluation.json").read_text())
    assert (result["split"], result["pictures"]) == ("train", 2)


@pytest.fixture
def folder_run(tmp_path) -> Path:
    """A run without styles on a plain folder: two training streets whose photos are one colour per class, one held out."""
    root, run = tmp_path / "data", tmp_path / "run"
    colors = np.zeros((256, 3), np.uint8)
    colors[7], colors[26], colors[27] = (100, 110, 120), (200, 10, 30), (200, 10, 30)
    for split, number in (("train", 0), ("train", 1), ("val", 0)):
        for kind in ("label", "img"):
            (root / f"{split}_{kind}").mkdir(parents=True, exist_ok=True)
        label, _ = street(32, 48, cars=number + 1)
        Image.fromarray(label).save(root / f"{split}_label" / f"{number}.png")
        Image.fromarray(colors[label]).save(root / f"{split}_img" / f"{number}.png")
    (root / "labels.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    tiny = tiny_config(feature_channels=0)
    data = DataConfig(root=str(root), label_set=str(root / "labels.json"), height=32, width=48)
    write_run(run, Config(data=data, generator=tiny.generator, encoder=tiny.encoder))
    return run


def test_photos_of_one_color_per_class_are_painted_without_error(folder_run):
    evaluate(folder_run)
    result = json.loads((folder_run / "evaluation.json").read_text())
    assert result["l1_class_colors"] < 1e-3
    assert result["l1_encoder"] > 0.05


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: (root / "val_label/0.png").write_text("hello"), r"val_label/0\.png: is not a picture"),
        (lambda root: shutil.rmtree(root / "val_label"), r"val_label: no such folder"),
        (lambda root: (root / "train_img/1.png").unlink(), r"no photo of the same name"),
    ],
)
def test_bad_data_is_one_line_and_nothing_is_written(folder_run, spoil, message):
    spoil(folder_run.parent / "data")
    with pytest.raises(InputError, match=message) as caught:
        evaluate(folder_run)
    assert "\n" not in str(caught.value)
    assert not (folder_run / "evaluation.json").exists()


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(InputError, match=r"config\.json: cannot read the configuration .*give a run folder"):
        evaluate(tmp_path)


def test_a_run_without_a_checkpoint_is_told(run):
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(InputError, match=r"no checkpoint there"):
        evaluate(run)
