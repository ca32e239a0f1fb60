from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, jaccard_score, recall_score

from tfhd.metrics import ConfusionMatrix


@pytest.fixture
def classes() -> tuple[np.ndarray, np.ndarray]:
    """True and predicted classes of two pictures: class 3 is nowhere, class 4 only predicted."""
    random = np.random.default_rng(0)
    label = random.integers(0, 3, (2, 16, 24))
    return label, np.where(random.random(label.shape) < 0.7, label, random.integers(0, 5, label.shape) % 5)


def filled(num_classes: int, label: np.ndarray, predicted: np.ndarray, ignored: tuple[int, ...] = ()) -> ConfusionMatrix:
    matrix = ConfusionMatrix(num_classes, ignored)
    for one_label, one_predicted in zip(label, predicted, strict=True):
        matrix.update(one_label, one_predicted)
    return matrix


def test_scores_equal_those_of_scikit_learn(classes):
    label, predicted = classes
    matrix = filled(5, label, predicted)
    truth, guess = label.ravel(), predicted.ravel()
    np.testing.assert_array_equal(matrix.counts, confusion_matrix(truth, guess, labels=range(5)))
    scores, held = matrix.scores(), [0, 1, 2]
    ious = jaccard_score(truth, guess, labels=held, average=None)
    recalls = recall_score(truth, guess, labels=held, average=None)
    assert scores.pixel_accuracy == pytest.approx(accuracy_score(truth, guess), abs=1e-6)
    np.testing.assert_allclose(scores.ious[held], ious, atol=1e-6)
    np.testing.assert_allclose(scores.accuracies[held], recalls, atol=1e-6)
    assert scores.mean_iou == pytest.approx(ious.mean(), abs=1e-6)
    assert scores.class_accuracy == pytest.approx(recalls.mean(), abs=1e-6)
    assert np.isnan(scores.ious[3:]).all()
    np.testing.assert_array_equal(scores.pixels, np.bincount(truth, minlength=5))


def test_pixels_of_an_ignored_class_do_not_count_and_predicting_it_elsewhere_is_wrong(classes):
    label, predicted = classes
    scores = filled(5, label, predicted, ignored=(1,)).scores()
    counted = label != 1
    truth, guess = label[counted], predicted[counted]
    assert scores.pixel_accuracy == pytest.approx(accuracy_score(truth, guess), abs=1e-6)
    assert scores.mean_iou == pytest.approx(jaccard_score(truth, guess, labels=[0, 2], average="macro"), abs=1e-6)


def test_a_segmenter_of_known_errors_gives_the_known_score():
    label = np.zeros((10, 10), np.int32)
    label[5:] = 1
    predicted = label.copy()
    predicted[0] = 1  # ten of the fifty pixels of class 0
    scores = filled(2, label[None], predicted[None]).scores()
    assert scores.pixel_accuracy == 0.9
    assert scores.class_accuracy == pytest.approx((0.8 + 1.0) / 2)
    assert scores.mean_iou == pytest.approx((40 / 50 + 50 / 60) / 2)


def test_nothing_judged_has_no_score():
    scores = filled(2, np.zeros((1, 4, 4), int), np.zeros((1, 4, 4), int), ignored=(0,)).scores()
    assert np.isnan([scores.pixel_accuracy, scores.class_accuracy, scores.mean_iou]).all()


@pytest.mark.parametrize(
    ("label", "predicted", "message"),
    [
        (np.zeros((2, 2), int), np.zeros((2, 3), int), r"shape \(2, 2\) and predicted \(2, 3\)"),
        (np.full((2, 2), 5), np.zeros((2, 2), int), r"label holds 5\.\.5; expected classes 0\.\.4"),
        (np.zeros((2, 2), int), np.full((2, 2), -1), r"predicted holds -1\.\.-1"),
    ],
)
def test_what_cannot_be_counted_is_refused(label, predicted, message):
    with pytest.raises(ValueError, match=message):
        ConfusionMatrix(5).update(label, predicted)
