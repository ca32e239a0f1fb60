from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.color_segmenter import color_model, paint, write_color_segmenter, write_data
from tests.tiny_run import LABEL_SET, street, tiny_config, write_run
from tfhd.config import Config, DataConfig
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.networks import VGG19Features
from tfhd.runs import load_run
from tfhd.train.evaluate import evaluate
from tfhd.train.evaluation.measures import Measures


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
    # As picture files hold them, in bytes.
    fake = np.rint((networks.generator(np.concatenate([encoded, styles], axis=-1)) + 1) * 127.5)
    photo = (batch["image"].numpy() + 1) * 127.5
    assert (result["split"], result["pictures"]) == ("val", 1)
    assert result["l1_encoder"] == pytest.approx(np.abs(fake - photo).mean() / 255, rel=1e-4)
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


def test_photos_of_one_color_per_class_are_painted_without_error(folder_run, capsys):
    evaluate(folder_run)
    said = " ".join(capsys.readouterr().out.split())
    assert " painted in class colours: " in said
    assert "own styles" not in said  # the run has no encoder
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


def test_a_judge_of_known_errors_gives_the_known_scores(tmp_path, capsys):
    write_data(tmp_path / "data", {"train": 1, "val": 6})
    pictures, judge = tmp_path / "pictures", write_color_segmenter(tmp_path / "judge")
    pictures.mkdir()
    for number in range(6):
        label, _ = street(32, 48, cars=number % 3 + 1)
        label[:8, : 8 * number] = 26  # a wrong car on the road, larger from picture to picture
        Image.fromarray(paint(label)).save(pictures / f"{number}.png")
    evaluate(pictures, judge, root=str(tmp_path / "data"), label_set=str(tmp_path / "data" / "labels.json"))
    result = json.loads((pictures / "evaluation.json").read_text())
    truth = np.stack([street(32, 48, cars=number % 3 + 1)[0] != 7 for number in range(6)])
    wrong = sum(64 * number for number in range(6))
    road, car = np.count_nonzero(~truth), np.count_nonzero(truth)
    photos, given = result["segmentation"]["photos"], result["segmentation"]["given"]
    assert (photos["pixel_accuracy"], photos["mean_iou"]) == (1.0, 1.0)
    assert given["pixel_accuracy"] == pytest.approx(1 - wrong / truth.size)
    assert given["mean_iou"] == pytest.approx(((road - wrong) / road + car / (car + wrong)) / 2)
    assert given["classes"]["road"] == {"iou": (road - wrong) / road, "accuracy": (road - wrong) / road, "pixels": road}
    assert given["ratio_to_photos"]["mean_iou"] == pytest.approx(given["mean_iou"])
    assert f"{given['mean_iou']:.3f} of their mean IoU" in capsys.readouterr().out
    page = (pictures / "evaluation" / "index.html").read_text()
    shown = re.findall(r"Example (\d), pixel accuracy", page)
    assert shown[:3] == ["5", "4", "3"]
    assert set(shown) == set("012345")
    for name in re.findall(r'src="([^"]+)"', page):
        assert (pictures / "evaluation" / name).is_file()


def test_a_judge_that_cannot_read_photos_is_told(tmp_path, capsys):
    write_data(tmp_path / "data", {"train": 1, "val": 1})
    color_model().save(tmp_path / "model.keras")
    pictures, labels = tmp_path / "pictures", str(tmp_path / "data" / "labels.json")
    shutil.copytree(tmp_path / "data" / "val_img", pictures)
    evaluate(pictures, tmp_path / "model.keras", root=str(tmp_path / "data"), label_set=labels, pixels="zero_to_255")
    assert "warning" not in capsys.readouterr().out
    # For pixels in 0..1, all photos are of the darkest class that is judged: the road, most of the picture; hence only a
    # map of cars alone is read badly.
    Image.fromarray(np.full((32, 48), 26, np.uint8)).save(tmp_path / "data" / "val_label" / "0.png")
    evaluate(pictures, tmp_path / "model.keras", root=str(tmp_path / "data"), label_set=labels, pixels="zero_to_one")
    assert "the segmenter reads only 0.0% of the real photos' pixels right" in capsys.readouterr().out


def test_photos_themselves_are_as_good_as_photos(tmp_path):
    write_data(tmp_path / "data", {"train": 1, "val": 2})
    evaluate(
        tmp_path / "data" / "val_img",
        write_color_segmenter(tmp_path / "judge"),
        root=str(tmp_path / "data"),
        label_set=str(tmp_path / "data" / "labels.json"),
    )
    result = json.loads((tmp_path / "data" / "val_img" / "evaluation.json").read_text())
    assert result["segmentation"]["given"]["ratio_to_photos"] == {
        "pixel_accuracy": 1.0,
        "class_accuracy": 1.0,
        "mean_iou": 1.0,
    }
    assert (result["l1_encoder"], result["psnr"], result["ssim"]) == (0.0, None, pytest.approx(1.0))


@pytest.fixture
def styled_run(tmp_path) -> Path:
    """A run with styles on painted streets, five of them held out."""
    write_data(tmp_path / "data", {"train": 2, "val": 5})
    tiny = tiny_config()
    data = replace(tiny.data, root=str(tmp_path / "data"), label_set=str(tmp_path / "data" / "labels.json"), batch_size=2)
    write_run(tmp_path / "run", replace(tiny, data=data))
    return tmp_path / "run"


def test_sampled_styles_are_judged_by_seed_and_together(styled_run, tmp_path):
    evaluate(styled_run, write_color_segmenter(tmp_path / "judge"), seeds=(4, 9))
    result = json.loads((styled_run / "evaluation.json").read_text())
    segmentation = result["segmentation"]
    assert result["seeds"] == [4, 9]
    assert list(segmentation) == ["photos", "own", "usual", "seed 4", "seed 9", "sampled"]
    both = [segmentation[kind]["pixel_accuracy"] for kind in ("seed 4", "seed 9")]
    assert segmentation["sampled"]["pixel_accuracy"] == pytest.approx(np.mean(both))
    assert result["diversity"]["l1"] > 0
    assert "<figcaption>seed 9</figcaption>" in (styled_run / "evaluation" / "index.html").read_text()


def test_killed_and_started_again_it_ends_with_the_same_numbers(styled_run, tmp_path, monkeypatch, capsys):
    judge = write_color_segmenter(tmp_path / "judge")
    vgg = tmp_path / "vgg.npz"
    network = VGG19Features()
    network.build((None, None, None, 3))
    np.savez(vgg, **{"/".join(variable.path.split("/")[-2:]): variable.numpy() for variable in network.variables})
    options = {"segmenter": judge, "features": "vgg19", "vgg_weights": str(vgg)}
    evaluate(styled_run, **options)
    whole = (styled_run / "evaluation.json").read_text()
    (styled_run / "evaluation.json").unlink()

    batches = 0

    def killed(self, *arguments, update=Measures.update):
        nonlocal batches
        batches += 1
        if batches > 2:
            raise KeyboardInterrupt
        return update(self, *arguments)

    monkeypatch.setattr("tfhd.train.evaluate._SAVE_EVERY", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr(Measures, "update", killed)
        with pytest.raises(KeyboardInterrupt):
            evaluate(styled_run, **options)
    assert not (styled_run / "evaluation.json").exists()
    evaluate(styled_run, **options)
    assert "going on after 4 pictures" in capsys.readouterr().out
    assert (styled_run / "evaluation.json").read_text() == whole
    result = json.loads(whole)
    for name in ("frechet_distance", "kernel_distance"):
        assert set(result[name]) == {"features", "pictures", "own", "sampled, seed 0"}
        assert "VGG19" in result[name]["features"]
    assert result["perceptual_distance"]["value"] > 0
    assert not list(styled_run.glob("*partial*"))


def test_another_judge_does_not_go_on_from_what_the_first_one_measured(styled_run, tmp_path, monkeypatch, capsys):
    def killed(self, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfhd.train.evaluate._SAVE_EVERY", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr("tfhd.train.evaluate.write_page", killed)
        with pytest.raises(KeyboardInterrupt):
            evaluate(styled_run)
    evaluate(styled_run, write_color_segmenter(tmp_path / "judge"))
    assert "going on" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda pictures: (pictures / "1.png").unlink(), r"has no picture '1' \(1 of 2 are missing\)"),
        (
            lambda pictures: shutil.copy(pictures / "1.png", pictures / "x.png"),
            r"x\.png: no label map of the split val has such a name",
        ),
        (lambda pictures: Image.new("RGB", (8, 8)).save(pictures / "1.png"), r"1\.png has 8x8 pixels and .*0\.png 48x32"),
    ],
)
def test_pictures_that_are_not_those_of_the_split_are_told(tmp_path, spoil, message):
    write_data(tmp_path / "data", {"train": 1, "val": 2})
    pictures = Path(shutil.copytree(tmp_path / "data" / "val_img", tmp_path / "pictures"))
    spoil(pictures)
    with pytest.raises(InputError, match=message) as caught:
        evaluate(pictures, root=str(tmp_path / "data"), label_set=str(tmp_path / "data" / "labels.json"))
    assert "\n" not in str(caught.value)
    assert not (pictures / "evaluation.json").exists()


@pytest.mark.parametrize("seeds", [(1, 1), (-1,)])
def test_seeds_are_different_numbers_from_0_up(tmp_path, seeds):
    with pytest.raises(InputError, match="--seeds"):
        evaluate(tmp_path, seeds=seeds)
