from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfhd.data import Shard, TrainingData, build_dataset, input_error_from
from tfhd.errors import InputError

SHARED_DATA = Path(__file__).parents[4] / "shared" / "data"


def _order(dataset):
    return [int(label[0, 0]) for batch in dataset for label in batch["label"]]


def assert_same_batches(got, expected):
    for batch, want in zip(got, expected, strict=True):
        assert batch.keys() == want.keys()
        for key in want:
            np.testing.assert_array_equal(batch[key], want[key])


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


def test_training_data_are_step_for_step_those_of_the_epochs(make_folder, make_config):
    config = make_config(root=make_folder(5), resize="crop", width=16, batch_size=2)
    epochs = build_dataset(config, "train")
    expected = [batch for _ in range(3) for batch in epochs]
    data = TrainingData(config)
    assert data.order.steps_per_epoch == 2
    assert_same_batches(data.batches().take(6), expected)


@pytest.mark.parametrize("first_step", [1, 2, 5, 1001])
def test_training_data_can_be_entered_at_any_step(make_folder, make_config, first_step):
    config = make_config(root=make_folder(5), resize="crop", width=16, batch_size=2)
    near = first_step - 1
    expected = list(TrainingData(config).batches(near).take(4))[1:]
    assert_same_batches(TrainingData(config).batches(first_step).take(3), expected)


def test_shards_of_all_hosts_together_are_the_whole(make_folder, make_config):
    root = make_folder(9)
    whole = TrainingData(make_config(root=root, resize="crop", width=16, batch_size=4))
    # Two hosts of two replicas each, every replica with one picture per step.
    shared = TrainingData(make_config(root=root, resize="crop", width=16, batch_size=1), replicas=4)
    first, second = (shared.batches(1, Shard(index, 2)).batch(2).take(3) for index in range(2))
    for expected, left, right in zip(whole.batches(1), first, second, strict=False):
        for key in expected:
            joined = tf.concat([tf.squeeze(left[key], 1), tf.squeeze(right[key], 1)], axis=0)
            np.testing.assert_array_equal(joined, expected[key])


def test_sources_name_the_files_of_a_step(make_folder, make_config):
    data = TrainingData(make_config(root=make_folder(6), batch_size=2))
    for step, batch in enumerate(data.batches().take(4)):
        names = [f"street_{index:02}.png" for index in batch["label"][:, 0, 0].numpy()]
        assert [Path(source).name for source in data.sources(step)] == names
        assert all(Path(source).is_file() for source in data.sources(step))


def test_sources_name_rendered_streets(make_config):
    data = TrainingData(make_config(format="streets", height=32, width=64, street_count=2))
    assert sorted(data.sources(0) + data.sources(1)) == ["street 0 of train", "street 1 of train"]


def test_fewer_examples_than_all_replicas_take_are_refused(make_folder, make_config):
    config = make_config(root=make_folder(3), batch_size=2)
    assert TrainingData(config).order.batch_size == 2
    with pytest.raises(InputError, match=r"has 3 examples, fewer than the 4 of a step on all replicas; lower data\.batch_size"):
        TrainingData(config, replicas=2)


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
    with pytest.raises(InputError, match=r"split 'train' has 3 examples, fewer than the 4 of a step .*; lower data\.batch_size"):
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
        ("label", np.full((16, 32, 3), (1, 2, 3), np.uint8), r"street_00\.png: colours outside the label set"),
        ("label", np.full((16, 32), 77, np.uint8), r"street_00\.png: label values outside .*'cityscapes': 77 \(512 pixels\)"),
        ("label", np.zeros((16, 30), np.uint8), r"train_label/street_00\.png is 30x16 .*train_img/street_00\.png is 32x16"),
        ("inst", np.zeros((8, 32), np.uint16), r"train_inst/street_00\.png is 32x8 .*train_img/street_00\.png is 32x16"),
    ],
)
@pytest.mark.parametrize("stream", [partial(build_dataset, split="train"), lambda config: TrainingData(config).batches()])
def test_mistakes_in_files_come_out_of_tensorflow_as_one_line(make_folder, make_config, stream, kind, array, message):
    root = make_folder(1)
    _rewrite(root / f"train_{kind}" / "street_00.png", array)
    with pytest.raises(tf.errors.OpError) as caught:
        next(iter(stream(make_config(root=root))))
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
