"""How well predicted classes agree with label maps: the scores of the paper's tables 1, 3 and 5."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SegmentationScores:
    """Scores over all pixels of all pictures (not means over pictures).

    Attributes:
        pixel_accuracy: share of the pixels whose class is right, in 0..1.
        class_accuracy: mean over the classes of the share of a class' pixels that are right.
        mean_iou: mean over the classes of intersection over union.
        accuracies: float64 `(classes,)`, NaN for a class that the label maps do not hold.
        ious: the same for intersection over union.
        pixels: int64 `(classes,)`, how many pixels of each class the label maps hold.
    """

    pixel_accuracy: float
    class_accuracy: float
    mean_iou: float
    accuracies: np.ndarray
    ious: np.ndarray
    pixels: np.ndarray


class ConfusionMatrix:
    """Counts pixels by true and by predicted class, in memory that does not grow with the number of pictures.

    Args:
        num_classes: classes of the label set.
        ignored: classes that are not judged: their pixels in the label maps do not count. Elsewhere, a prediction of such a
            class is wrong.
    """

    def __init__(self, num_classes: int, ignored: tuple[int, ...] = ()) -> None:
        self.counts = np.zeros((num_classes, num_classes), np.int64)
        """int64 `(classes, classes)`: pixels of the class of the row that were taken for that of the column."""
        self._judged = np.ones(num_classes, bool)
        self._judged[list(ignored)] = False

    def update(self, label: np.ndarray, predicted: np.ndarray) -> None:
        """Counts the pixels of some pictures.

        Args:
            label: integer, of any shape, true classes.
            predicted: integer of the same shape, predicted classes.

        Raises:
            ValueError: shapes differ, or a class is not within 0..classes-1.
        """
        label, predicted = np.asarray(label), np.asarray(predicted)
        num_classes = len(self.counts)
        if label.shape != predicted.shape:
            raise ValueError(f"label has shape {label.shape} and predicted {predicted.shape}; they must be the same")
        for name, classes in (("label", label), ("predicted", predicted)):
            if classes.size and not 0 <= classes.min() <= classes.max() < num_classes:
                raise ValueError(f"{name} holds {classes.min()}..{classes.max()}; expected classes 0..{num_classes - 1}")
        cells = label.ravel().astype(np.int64) * num_classes + predicted.ravel()
        self.counts += np.bincount(cells, minlength=num_classes**2).reshape(self.counts.shape)

    def scores(self) -> SegmentationScores:
        """The scores so far; means are over judged classes that the label maps hold, and NaN where there are none."""
        counts = self.counts * self._judged[:, None]
        right, true, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        union = true + predicted - right
        accuracies, ious = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
        held = true > 0
        accuracies[held], ious[held] = right[held] / true[held], right[held] / union[held]
        if not held.any():
            return SegmentationScores(np.nan, np.nan, np.nan, accuracies, ious, true)
        return SegmentationScores(
            float(right.sum() / true.sum()), float(accuracies[held].mean()), float(ious[held].mean()), accuracies, ious, true
        )
