from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfhd.data import build_dataset, input_error_from
from tfhd.errors import InputError

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


def _order(dataset):
    return [int(label[0, 0]) for batch in dataset for label in batch["label"]]


def _rewrite(path, array):
    Image.fromarray(array).save(path)


def test_batches_have_the_documented_types_shapes_and_ranges(make_folder, make_config):
    dataset = build_dataset(make_config(root=make_folder(4), batch_size=2), "train")
    assert {key: (spec.shape.as_list(), spec.dtype) for key, spec in dataset.element_spec.items()} == {
        "label": ([2, 16, 32], tf.int32),
        "instance": ([2, 16, 32], tf.int32),
        "image": ([2, 16, 32, 3], tf.float32),
    }
    batch = next(iter(dataset))
    np.testing.assert_array_equal(batch["instance"], batch["label"] + 60000)
    assert (float(tf.reduce_min(batch["image"])), float(tf.reduce_max(batch["image"]))) == (-1.0, 1.0)


def test_each_iteration_is_one_epoch_in_another_order(make_folder, make_config):
    dataset = build_dataset(make_config(root=make_folder(8)), "train")
    epochs = [_order(dataset) for _ in range(3)]
    assert all(sorted(epoch) == list(range(8)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert len(dataset) == 8


def test_order_follows_from_the_seed(make_folder, make_config):
    root = make_folder(8)
    first, second = (build_dataset(make_config(root=root), "train") for _ in range(2))
    assert [_order(first), _order(first)] == [_order(second), _order(second)]
    assert _order(build_dataset(make_config(root=root, seed=1), "train")) != _order(
        build_dataset(make_config(root=root), "train")
    )


def test_order_of_seed_0_stays_what_it_was(make_folder, make_config):
    # A resumed run must see what the interrupted one would have seen: a change here breaks resuming across versions.
    assert _order(build_dataset(make_config(root=make_folder(8)), "train")) == [2, 4, 3, 6, 5, 0, 1, 7]


def test_epochs_can_start_later(make_folder, make_config):
    config = make_config(root=make_folder(6), resize="crop", width=16)
    whole = build_dataset(config, "train")
    list(whole)
    for expected, batch in zip(whole, build_dataset(config, "train", first_epoch=1), strict=True):
        for key in expected:
            np.testing.assert_array_equal(batch[key], expected[key])


def test_windows_and_mirroring_change_with_the_epoch(make_folder, make_config):
    dataset = build_dataset(make_config(root=make_folder(1, width=64), resize="crop", width=16), "train")
    rows = {tuple(batch["image"][0, 0, :, 0].numpy()) for _ in range(12) for batch in dataset}
    assert len(rows) > 6


def test_training_drops_the_incomplete_batch_and_validation_keeps_it(make_folder, make_config):
    config = make_config(root=make_folder(5), batch_size=2)
    assert [len(batch["label"]) for batch in build_dataset(config, "train")] == [2, 2]
    validation = build_dataset(config, "train", training=False)
    assert [len(batch["label"]) for batch in validation] == [2, 2, 1]
    assert validation.element_spec["label"].shape.as_list() == [None, 16, 32]


def test_validation_comes_in_order_and_is_not_mirrored(make_folder, make_config):
    dataset = build_dataset(make_config(root=make_folder(6, split="val")), "val")
    for _ in range(2):
        batches = list(dataset)
        assert [int(batch["label"][0, 0, 0]) for batch in batches] == list(range(6))
        assert all(batch["image"][0, 0, 0, 0] == -1 for batch in batches)


def test_fewer_examples_than_a_batch_is_refused(make_folder, make_config):
    with pytest.raises(InputError, match=r"split 'train' has 3 examples, fewer than data\.batch_size 4"):
        build_dataset(make_config(root=make_folder(3), batch_size=4), "train")


def test_without_instance_maps_countable_components_serve(make_folder, make_config):
    root = make_folder(1, instances=False)
    label = np.full((16, 32), 7, np.uint8)
    label[4:8, 4:8] = label[4:8, 20:24] = 26
    _rewrite(root / "train_label" / "street_00.png", label)
    batch = next(iter(build_dataset(make_config(root=root), "train", training=False)))
    assert set(np.unique(batch["instance"])) == {7, 1000, 1001}


def test_scale_width_takes_the_height_from_the_photo(make_folder, make_config):
    dataset = build_dataset(make_config(root=make_folder(1, height=40, width=40), resize="scale_width"), "train")
    assert dataset.element_spec["image"].shape.as_list() == [1, None, 32, 3]
    assert next(iter(dataset))["image"].shape == (1, 32, 32, 3)


def test_photos_of_different_shape_cannot_share_a_batch(make_folder, make_config):
    root = make_folder(2)
    for kind in ("img", "label", "inst"):
        path = root / f"train_{kind}" / "street_01.png"
        Image.open(path).resize((32, 32)).save(path)
    with pytest.raises(InputError, match=r"street_01\.png becomes 32 rows high but .*street_00\.png 16"):
        build_dataset(make_config(root=root, resize="scale_width", batch_size=2), "train")


@pytest.mark.parametrize(
    ("kind", "array", "message"),
    [
        ("label", np.zeros((16, 32, 3), np.uint8), r"street_00\.png: is a picture of RGB pixels where ids are expected"),
        ("label", np.full((16, 32), 77, np.uint8), r"street_00\.png: label values outside .*'cityscapes': 77 \(512 pixels\)"),
        ("label", np.zeros((16, 30), np.uint8), r"train_label/street_00\.png is 30x16 .*train_img/street_00\.png is 32x16"),
        ("inst", np.zeros((8, 32), np.uint16), r"train_inst/street_00\.png is 32x8 .*train_img/street_00\.png is 32x16"),
    ],
)
def test_mistakes_in_files_come_out_of_tensorflow_as_one_line(make_folder, make_config, kind, array, message):
    root = make_folder(1)
    _rewrite(root / f"train_{kind}" / "street_00.png", array)
    with pytest.raises(tf.errors.OpError) as caught:
        list(build_dataset(make_config(root=root), "train"))
    error = input_error_from(caught.value)
    assert isinstance(error, InputError)
    with pytest.raises(InputError, match=message):
        raise error
    assert str(error).startswith(str(root))
    assert "\n" not in str(error)


def test_other_tensorflow_errors_are_no_input_errors():
    assert input_error_from(tf.errors.ResourceExhaustedError(None, None, "out of memory")) is None


def test_streets_are_rendered_at_the_size_the_networks_take(make_config):
    config = make_config(format="streets", height=40, width=70, street_count=5, batch_size=2)
    train, validation = (build_dataset(config, split) for split in ("train", "val"))
    assert (len(train), len(validation)) == (2, 1)
    batch = next(iter(train))
    assert batch["image"].shape == (2, 48, 64, 3)
    assert int(tf.reduce_max(batch["label"])) < 35
    assert not np.array_equal(next(iter(validation))["label"][0], batch["label"][0])


@pytest.mark.skipif(not (SHARED_DATA / "cityscapes").is_dir(), reason="no Cityscapes scenes at ../shared/data/cityscapes")
def test_real_cityscapes_ids_above_8_bits_survive(make_config):
    config = make_config(format="cityscapes", root=str(SHARED_DATA / "cityscapes"), height=256, width=512)
    batch = next(iter(build_dataset(config, "val")))
    objects = batch["instance"].numpy() >= 1000
    assert objects.any()
    np.testing.assert_array_equal(batch["instance"].numpy()[objects] // 1000, batch["label"].numpy()[objects])


@pytest.mark.skipif(not (SHARED_DATA / "camvid").is_dir(), reason="no CamVid photos at ../shared/data/camvid")
def test_real_camvid_photos_get_instances_from_components(make_config):
    config = make_config(root=str(SHARED_DATA / "camvid"), label_set="camvid", height=96, width=128)
    dataset = build_dataset(config, "val")
    assert len(dataset) == 101
    assert any(int(tf.reduce_max(batch["instance"])) >= 1000 for batch in dataset.take(5))
