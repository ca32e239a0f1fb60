from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.color_segmenter import paint, write_color_segmenter, write_data
from tests.tiny_run import LABEL_SET, street
from tfhd.errors import InputError
from tfhd.segmentation import SegmenterTraining, load_segmenter
from tfhd.train.segmenter import train_segmenter


@pytest.fixture(autouse=True)
def eagerly():
    """Steps run without a graph, which would take longer to trace than to run."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def root(tmp_path) -> Path:
    write_data(tmp_path / "data", {"train": 4, "val": 3})
    return tmp_path / "data"


def train(root: Path, out: Path, **changes) -> None:
    options = {"height": 32, "width": 48, "steps": 2, "batch_size": 2, "filters": 2}
    train_segmenter(str(root), out, label_set=str(root / "labels.json"), **(options | changes))


def test_a_segmenter_states_how_well_it_reads_held_out_photos(root, tmp_path, capsys):
    train(root, tmp_path / "judge", steps=3)
    card = json.loads((tmp_path / "judge" / "segmenter.json").read_text())
    assert (card["scores"]["split"], card["scores"]["pictures"]) == ("val", 3)
    assert card["ignored"] == ["don't care"]
    assert card["training"]["steps"] == 3
    assert sorted(path.name for path in (tmp_path / "judge").iterdir()) == ["model.keras", "segmenter.json"]
    segmenter, right, pixels = load_segmenter(tmp_path / "judge", LABEL_SET), 0, 0
    for cars in (1, 2, 3):
        label, _ = street(32, 48, cars)
        right += (segmenter(paint(label)[None])[0] == (label != 7)).sum()
        pixels += label.size
    assert card["scores"]["pixel_accuracy"] == pytest.approx(right / pixels)
    assert "cross-entropy" in capsys.readouterr().out


def test_a_training_that_was_stopped_goes_on_to_the_same_segmenter(root, tmp_path, monkeypatch):
    train(root, tmp_path / "whole")

    def stopping(self, batch, train_on=SegmenterTraining.train_on):
        loss = train_on(self, batch)
        if self.step == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(SegmenterTraining, "train_on", stopping)
        with pytest.raises(SystemExit) as stopped:
            train(root, tmp_path / "parts")
    assert stopped.value.code == 128 + signal.SIGTERM
    assert not (tmp_path / "parts" / "segmenter.json").exists()
    with pytest.raises(InputError, match="holds a training that was interrupted; go on with --resume"):
        train(root, tmp_path / "parts")
    with pytest.raises(InputError, match="was started with steps 2, and the flags say 5"):
        train(root, tmp_path / "parts", steps=5, resume=True)
    train(root, tmp_path / "parts", resume=True)
    photos = np.stack([paint(street(32, 48, cars)[0]) for cars in (1, 2)])
    whole, parts = (load_segmenter(tmp_path / name, LABEL_SET) for name in ("whole", "parts"))
    np.testing.assert_array_equal(parts(photos), whole(photos))
    scores = [json.loads((tmp_path / name / "segmenter.json").read_text())["scores"] for name in ("whole", "parts")]
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("prepare", "changes", "message"),
    [
        (lambda root, out: None, {"steps": 0}, "--steps is 0"),
        (lambda root, out: None, {"resume": True}, "no training to go on with"),
        (lambda root, out: (root / "train_img" / "1.png").write_text("hello"), {}, r"train_img/1\.png: is not a picture"),
        (lambda root, out: [path.unlink() for path in (root / "val_img").iterdir()], {}, "no photo of the same name"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(root, tmp_path, prepare, changes, message):
    prepare(root, tmp_path / "judge")
    with pytest.raises(InputError, match=message) as caught:
        train(root, tmp_path / "judge", **changes)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "judge").exists()


def test_a_segmenter_that_is_there_is_kept(root, tmp_path):
    write_color_segmenter(tmp_path / "judge")
    with pytest.raises(InputError, match="holds a segmenter already"):
        train(root, tmp_path / "judge")
