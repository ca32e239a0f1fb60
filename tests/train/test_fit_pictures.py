"""Pictures to pictures, from files to exported models."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_fit import complaint, rows
from tests.tiny_pictures import KINDS, Kind, flags, instances, numbers, picture_config, write_pairs
from tfhd.config import Config, LossConfig
from tfhd.errors import InputError
from tfhd.export.converters.onnx.export import export_onnx
from tfhd.export.converters.tflite import export_tflite
from tfhd.export.saved_model.export import export_saved_model
from tfhd.pictures import write_picture
from tfhd.pixels import RGB
from tfhd.runs import load_run
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.serving.synthesize.command import main as synthesize
from tfhd.train.evaluate import evaluate
from tfhd.train.fit import fit
from tfhd.train.preparation import prepare
from tfhd.train.styles import write_styles

TRAINED = ("gray16 to rgb", "rgb to gray", "5 channels to rgb")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`trained(kind)`: the folder of a run of six steps with data beside it in `pairs`. Tests must not write into it."""
    runs: dict[str, Path] = {}

    def train(name: str) -> Path:
        if name not in runs:
            folder = tmp_path_factory.mktemp("pictures")
            write_pairs(folder / "pairs", KINDS[name])
            write_pairs(folder / "pairs", KINDS[name], count=1, split="val", first=7)
            fit([*flags(KINDS[name], folder / "pairs", folder / "run"), "--out", str(folder / "run")], "prog")
            runs[name] = folder / "run"
        return runs[name]

    return train


def keras_picture(run: Path, kind: Kind, picture: np.ndarray, instance: np.ndarray) -> np.ndarray:
    networks = load_run(run).networks
    encoded = networks.label_encoding(kind.given.scaled(picture.astype(np.float32))[None], instance[None].astype(np.int32))
    return np.asarray(networks.generator(encoded))[0]


@pytest.mark.parametrize("name", TRAINED)
def test_it_trains_and_resumes_to_the_bit(name: str, trained, tmp_path: Path) -> None:
    run = trained(name)
    losses = rows(run)
    assert [row["step"] for row in losses] == ["2", "4", "6"]
    assert all(np.isfinite(float(row["feature_matching"])) for row in losses)
    assert 0 < float(losses[-1]["val_mean_l1"]) < 1
    grid = Image.open(run / "samples" / "step-00000006.png")
    assert (grid.mode, grid.size) == ("RGB", (3 * 64, 32))

    again = Path(shutil.copytree(run, tmp_path / "run"))
    shutil.rmtree(again / "checkpoints" / "step-00000006")
    fit(["pictures", "--out", str(again), "--resume"], "prog")
    names = sorted(path.name for path in (run / "checkpoints" / "step-00000006").iterdir())
    assert len(names) == 5
    for file in (file for file in names if file.endswith(".npz")):
        with (
            np.load(run / "checkpoints/step-00000006" / file) as whole,
            np.load(again / "checkpoints/step-00000006" / file) as part,
        ):
            for key in whole.files:
                np.testing.assert_array_equal(part[key], whole[key], err_msg=f"{file} {key}")


@pytest.mark.parametrize("name", TRAINED)
def test_every_export_paints_what_keras_paints(name: str, trained, tmp_path: Path) -> None:
    run, kind = trained(name), KINDS[name]
    export_onnx(run, tmp_path / "onnx")
    export_tflite(run, tmp_path / "tflite")
    for folder in ("onnx", "tflite"):
        found = json.loads((tmp_path / folder / "checks.json").read_text())["differences"]
        assert max(row["largest"] for row in found) < 1e-3
    with pytest.raises(InputError, match="was trained on pictures, so there are no label maps to read; leave out --inputs maps"):
        export_onnx(run, tmp_path / "maps", inputs="maps")
    path = export_saved_model(run, tmp_path / "model")
    checks = json.loads((path / "manifest.json").read_text())["checks"]
    assert max(row["largest"] for row in checks) <= 1  # a level of rounding; within 1e-3 below

    picture = numbers(kind.given, 11)
    with LocalModel(tmp_path / "model") as model:
        painted = model.translate(picture, instances() if kind.edges else None)
    image = keras_picture(run, kind, picture, instances())
    assert (painted.dtype, painted.shape) == (kind.made.dtype, image.shape)
    given, ids, made = tmp_path / "given.npy", tmp_path / "ids.png", tmp_path / "made.npy"
    np.save(given, picture)
    write_picture(ids, instances()[..., None])
    synthesize(tmp_path / "model", picture=given, instance=ids if kind.edges else None, out=made)
    np.testing.assert_array_equal(np.load(made), painted)
    half_a_level = 1 / (kind.made.highest - kind.made.low)
    assert np.abs(kind.made.scaled(painted.astype(np.float32)) - image).max() < 1e-3 + half_a_level


def test_evaluation_compares_with_the_mean_colour(trained, tmp_path: Path, capsys) -> None:
    run = Path(shutil.copytree(trained("rgb to gray"), tmp_path / "run"))
    with pytest.raises(InputError, match="was trained on pictures, which have no classes and so no styles"):
        write_styles(run)
    evaluate(run)
    result = json.loads((run / "evaluation.json").read_text())
    made = KINDS["rgb to gray"].made
    mean = np.mean([numbers(made, 2 * number + 1) for number in range(2)])
    held_out = numbers(made, 2 * 7 + 1).astype(float)
    assert result["l1_class_colors"] == pytest.approx(np.abs(held_out - mean).mean() / 255, rel=1e-4)
    said = " ".join(capsys.readouterr().out.split())
    assert f"1 pictures of val: mean L1 {result['l1_encoder']:.4f}, " in said
    assert " painted in the mean colour of the training pictures: " in said
    assert "class" not in said
    page = (run / "evaluation" / "index.html").read_text()
    assert ">input</figcaption>" in page
    assert ">label map</figcaption>" not in page


def test_the_vgg_term_is_off_for_channels_that_it_does_not_take_and_that_is_said(tmp_path: Path, capsys) -> None:
    kind = KINDS["rgb16 to rgba16"]
    config = picture_config(kind, write_pairs(tmp_path, kind))
    for weight, said in ((10.0, True), (0.0, False)):
        prepare(dataclasses.replace(config, loss=LossConfig(perceptual_weight=weight)), tmp_path / "run")
        message = "the VGG term is off: it takes pictures of 1 or 3 channels, and these have 4"
        assert (message in capsys.readouterr().out) is said


GRAY16_RGB = KINDS["gray16 to rgb"]
BAD = {
    "channels": (
        "train_A/1.png",
        numbers(RGB, 0),
        "train_A/1.png: holds 3 channels of uint8, where 1 channel of uint16 are expected",
    ),
    "depth": ("train_A/1.png", numbers(KINDS["rgb to gray"].made, 0), "holds 1 channel of uint8, where 1 channel of uint16"),
    "output depth": ("train_B/0.png", numbers(KINDS["rgb16 to rgba16"].given, 0), "holds 3 channels of uint16, where 3 chan"),
    "size": ("train_A/0.png", numbers(GRAY16_RGB.given, 0, 16, 16), "train_A/0.png is 16x16 (width x height) but "),
}


@pytest.mark.parametrize("fault", BAD)
def test_files_of_another_kind_end_in_one_line_before_anything_is_written(fault: str, tmp_path: Path) -> None:
    root = write_pairs(tmp_path / "pairs", GRAY16_RGB)
    name, picture, expected = BAD[fault]
    write_picture(root / name, picture)
    assert expected in complaint(flags(GRAY16_RGB, root, tmp_path / "run"), tmp_path / "run")


def test_numbers_outside_the_range_are_told(tmp_path: Path) -> None:
    kind = KINDS["5 channels to rgb"]
    root = write_pairs(tmp_path / "pairs", kind)
    picture = numbers(kind.given, 0)
    picture[0, 0] = 5000
    np.save(root / "train_A/1.npy", picture)
    message = complaint(flags(kind, root, tmp_path / "run"), tmp_path / "run")
    assert f"{root}/train_A/1.npy: holds numbers 100..5000, where 100..4095 are expected; correct the file, or set low" in message
    np.save(root / "train_A/1.npy", np.full((32, 64), None, object), allow_pickle=True)
    assert "1.npy: holds Python objects, which could run any code" in complaint(
        flags(kind, root, tmp_path / "run"), tmp_path / "run"
    )


def test_instance_maps_that_are_asked_for_must_be_there(tmp_path: Path) -> None:
    kind = KINDS["rgb to gray"]
    root = write_pairs(tmp_path / "pairs", kind)
    shutil.rmtree(root / "train_inst")
    message = complaint(flags(kind, root, tmp_path / "run"), tmp_path / "run")
    assert f"{root}/train_inst: no such folder; add instance maps, or set data.instance_edges to false" in message


def test_an_unpaired_picture_is_named_as_what_it_is(tmp_path: Path) -> None:
    root = write_pairs(tmp_path / "pairs", GRAY16_RGB)
    (root / "train_B/1.png").unlink()
    message = complaint(flags(GRAY16_RGB, root, tmp_path / "run"), tmp_path / "run")
    assert "1 file has no output picture of the same name in" in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--encoder.feature-channels", "3"], "styles belong to the classes of label maps, and data.input image has none"),
        (["--data.format", "cityscapes"], "data.input image reads folders {split}_A and {split}_B; set data.format cityscapes"),
        (["--data.output-pixels.channels", "5"], "data.output_pixels.channels is 5; at most 4 are painted"),
        (["--data.input-pixels.channels", "0"], "channels is 0; it must be within 1..64"),
        (["--data.input-pixels.high", "300"], "low..high is 0..300; of uint8 it must rise within 0..255"),
        (["--data.input-pixels.low", "255"], "low..high is 255..255; of uint8 it must rise within 0..255"),
        (["--data.input-pixels.dtype", "float32"], "float32"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes: list[str], message: str, tmp_path: Path) -> None:
    assert message in complaint(["pictures", *changes, "--out", str(tmp_path / "run")], tmp_path / "run")


def test_a_configuration_of_before_there_were_pictures_is_of_label_maps() -> None:
    document = json.loads(Config().to_json())
    for name in ("input", "input_pixels", "output_pixels"):
        del document["data"][name]
    assert Config.from_json(json.dumps(document)) == Config()
