from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tfhd.config import StageConfig
from tfhd.data import check_examples
from tfhd.errors import InputError


@pytest.fixture
def make_config(make_config):
    """Pictures are resized to 32x64, which is what the networks need at least."""
    return lambda **data: make_config(**({"height": 32, "width": 64} | data))


def _check(config, progress=None, splits=("train",)):
    return check_examples(config, splits, progress)


def _cut_off(path):
    path.write_bytes(path.read_bytes()[:200])


def test_good_files_pass_and_progress_counts_them(make_folder, make_config):
    steps = []
    _check(make_config(root=make_folder(3)), lambda *step: steps.append(step))
    assert steps == [("train", done, 3) for done in (1, 2, 3)]


@pytest.mark.parametrize("kind", ["img", "label", "inst"])
def test_cut_off_files_are_found_whatever_they_hold(make_folder, make_config, kind):
    root = make_folder(2)
    path = root / f"train_{kind}" / "street_01.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 32), np.uint8)).save(path)
    _cut_off(path)
    with pytest.raises(InputError, match=rf"{path}: .*cut off"):
        _check(make_config(root=root))


def test_cut_off_jpeg_photo_is_found(make_folder, make_config):
    root = make_folder(1)
    photo = root / "train_img" / "street_00.png"
    noise = np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8)
    Image.fromarray(noise).save(photo.with_suffix(".jpg"))
    photo.unlink()
    path = photo.with_suffix(".jpg")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 300])
    with pytest.raises(InputError, match=r"street_00\.jpg: cannot be decoded"):
        _check(make_config(root=root))


@pytest.mark.parametrize(
    ("kind", "array", "message"),
    [
        ("label", np.full((16, 32), 77, np.uint8), r"street_01\.png: label values outside .*: 77 \(512 pixels\)"),
        (
            "label",
            np.zeros((16, 16), np.uint8),
            r"train_label/street_01\.png is 16x16 .* but its photo .*street_01\.png is 32x16",
        ),
        ("inst", np.zeros((16, 16), np.uint16), r"train_inst/street_01\.png is 16x16 .* but its photo .*street_01\.png is 32x16"),
        ("inst", np.full((16, 32, 3), (1, 2, 3), np.uint8), r"train_inst/street_01\.png: is a picture of colours"),
    ],
)
def test_mistakes_are_found_before_training(make_folder, make_config, kind, array, message):
    root = make_folder(3)
    Image.fromarray(array).save(root / f"train_{kind}" / "street_01.png")
    with pytest.raises(InputError, match=message):
        _check(make_config(root=root))


def test_the_first_error_by_name_is_the_one_reported(make_folder, make_config):
    root = make_folder(12)
    for index in (11, 7, 3):
        Image.fromarray(np.full((16, 32), 99, np.uint8)).save(root / "train_label" / f"street_{index:02}.png")
    with pytest.raises(InputError, match=r"street_03\.png"):
        _check(make_config(root=root))


def test_photos_that_only_decoding_refuses_are_found(make_folder, make_config):
    root = make_folder(1)
    (root / "train_img" / "street_00.png").unlink()
    Image.fromarray(np.zeros((16, 32), np.float32)).save(root / "train_img" / "street_00.tif")
    with pytest.raises(InputError, match=r"street_00\.tif: is a floating-point picture"):
        _check(make_config(root=root))


def test_one_small_photo_among_large_ones_is_found_before_windows_are_cut_from_it(make_folder, make_config):
    make_folder(2, height=64, width=128)
    root = make_folder(1, split="val", height=64, width=128)
    config = make_config(root=root, resize="crop")
    assert _check(config, splits=("train", "val")) == []
    for kind in ("img", "label", "inst"):
        path = root / f"val_{kind}" / "street_00.png"
        with Image.open(path) as picture:
            picture.crop((0, 0, 63, 40)).save(path)
    with pytest.raises(InputError, match=r"val_label/street_00\.png: the picture is 63x40 .* a window of 64x32"):
        _check(config, splits=("train", "val"))


def test_a_strip_that_scaling_makes_too_low_for_the_networks_is_found(make_folder, make_config):
    make_folder(1, height=64, width=128)
    root = make_folder(1, split="val", height=8, width=64)
    config = make_config(root=root, resize="scale_width")
    assert _check(config) == []
    with pytest.raises(
        InputError, match=r"street_00\.png: the picture of 64x8 .* becomes 64x16, and the networks need at least 32"
    ):
        _check(config, splits=("train", "val"))


def test_every_stage_must_suit_the_pictures(make_folder, make_config):
    root = make_folder(1, height=30, width=60)
    config = make_config(root=root, resize="scale_width_and_crop", load_width=64)
    assert _check(replace(config, data=replace(config.data, height=32))) == []
    stages = {"half": StageConfig(1, 0, halvings=1), "whole": StageConfig(1, 0)}
    config = replace(config, generator=replace(config.generator, num_enhancers=1), stages=stages)
    with pytest.raises(InputError, match=r"becomes 32x16, and the networks need at least"):
        _check(replace(config, data=replace(config.data, resize="exact")))


def test_an_id_above_65535_in_the_last_file_is_found(make_folder, make_config):
    root = make_folder(3)
    (root / "train_inst" / "street_02.png").unlink()
    Image.fromarray(np.full((16, 32), 70_000, np.int32)).save(root / "train_inst" / "street_02.tif")
    with pytest.raises(InputError, match=r"train_inst/street_02\.tif: .*65535"):
        _check(make_config(root=root))


def test_signs_of_wrong_labels_are_returned(make_folder, make_config):
    root = make_folder(2)
    for index in range(2):
        label = np.repeat(np.arange(4), 8)[np.newaxis].repeat(16, 0).astype(np.uint8)
        Image.fromarray(label).save(root / "train_label" / f"street_{index:02}.png")
        Image.fromarray(label % 2).save(root / "train_inst" / f"street_{index:02}.png")
    (warning,) = _check(make_config(root=root))
    assert "train: 50% of the pixels of instance maps" in warning
    assert "data.instance_ids to per_class" in warning
    assert _check(make_config(root=root, instance_ids="per_class")) == []
