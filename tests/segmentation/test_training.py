from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfhd.errors import InputError
from tfhd.networks import SegmentationNetwork
from tfhd.segmentation import SegmenterTraining
from tfhd.segmentation.augmentation import OUTSIDE, augment


@pytest.fixture(autouse=True)
def eagerly():
    """Steps run without a graph, which would take longer to trace than to run."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def batch(seed: int = 0) -> dict[str, tf.Tensor]:
    """Two photos whose left part is dark and of class 0, the rest bright and of class 1."""
    left = np.arange(32)[None, None] < np.random.default_rng(seed).integers(8, 24, (2, 1, 1))
    left = np.broadcast_to(left, (2, 24, 32))
    image = np.where(left, -0.7, 0.7).astype(np.float32)[..., None].repeat(3, axis=-1)
    return {"image": tf.constant(image), "label": tf.constant(np.where(left, 0, 1).astype(np.int32))}


def training(ignored: tuple[int, ...] = (), rate: float = 2e-3) -> SegmenterTraining:
    keras.utils.set_random_seed(0)
    return SegmenterTraining(SegmentationNetwork(3, filters=2), ignored, 40, rate, seed=3)


def test_it_learns_to_tell_dark_from_bright():
    subject = training(rate=0.02)
    losses = [subject.train_on(batch(step)) for step in range(8)]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])


def test_a_saved_training_goes_on_to_the_same_bits(tmp_path):
    whole, first = training(), training()
    for step in range(2):
        whole.train_on(batch(step))
    first.train_on(batch(0))
    first.save(tmp_path / "training.npz")
    second = training()
    second.restore(tmp_path / "training.npz")
    assert second.step == 1
    second.train_on(batch(1))
    for got, want in zip(second.network.variables, whole.network.variables, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"PK"), lambda path: path.unlink()])
def test_a_damaged_training_is_told(tmp_path, spoil):
    subject, path = training(), tmp_path / "training.npz"
    subject.save(path)
    spoil(path)
    with pytest.raises(InputError, match=r"training\.npz: cannot read the checkpoint"):
        subject.restore(path)


def test_pixels_of_ignored_classes_teach_nothing():
    subject = training(ignored=(0, 1))
    assert subject.train_on(batch()) == 0.0


def test_label_maps_move_with_photos_and_pixels_from_outside_have_no_class():
    known = {"image": tf.ones((8, 24, 32, 3)), "label": tf.ones((8, 24, 32), tf.int32)}
    image, label = (part.numpy() for part in augment(known["image"], known["label"], tf.constant([1, 2])))
    assert (image.shape, label.shape, label.dtype) == ((8, 24, 32, 3), (8, 24, 32), np.int32)
    assert set(np.unique(label)) == {OUTSIDE, 1}
    # The photo is white, and gray outside; colours change by a quarter and an offset of 0.15.
    assert image[label == 1].min() > 0.55
    assert image[label == OUTSIDE].max() < 0.2


def test_the_same_seed_changes_pictures_alike_and_another_one_otherwise():
    one, same, other = (augment(batch()["image"], batch()["label"], tf.constant([1, n]))[0].numpy() for n in (0, 0, 100))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1
