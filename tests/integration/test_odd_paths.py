"""Everything that is written and read, in folders whose names TensorFlow could take for patterns."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_fit import folder_flags
from tests.tiny_run import LABEL_SET, street
from tfhd.export.saved_model.export import export_saved_model
from tfhd.serving.synthesize.command import main as synthesize
from tfhd.train.evaluate import evaluate
from tfhd.train.fit import fit
from tfhd.train.styles import write_styles


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    folder = tmp_path / "odd [a-b] *?" / "back\\slash"
    folder.mkdir(parents=True)
    return folder


def test_brackets_stars_and_backslashes_do_no_harm_from_data_to_pictures(odd: Path) -> None:
    data, run = odd / "data", odd / "run"
    for split in ("train", "val"):
        label, _ = street(32, 64)
        for kind, array in (("label", label), ("img", np.stack([label * 5] * 3, axis=2))):
            (data / f"{split}_{kind}").mkdir(parents=True)
            Image.fromarray(array).save(data / f"{split}_{kind}" / "[0]*.png")
    (data / "labels.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    fit(folder_flags(data, run), "prog")
    assert {path.name for path in run.iterdir()} >= {"checkpoints", "samples", "tensorboard", "losses.csv"}
    assert list((run / "tensorboard" / "train").iterdir())
    shutil.rmtree(run / "checkpoints" / "step-00000003")
    fit(["camvid", "--out", str(run), "--resume"], "prog")
    write_styles(run)
    evaluate(run)
    model = export_saved_model(run, odd / "model [1]")
    assert model == odd / "model [1]" / "1"
    out = odd / "out [x].png"
    synthesize(odd / "model [1]", label=data / "val_label" / "[0]*.png", out=out)
    with Image.open(out) as picture:
        assert picture.size == (64, 32)
