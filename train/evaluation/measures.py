"""All that is measured while pictures pass by, in memory that hardly grows with their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tfhd.metrics import (
    SMALLEST_SIDE,
    ConfusionMatrix,
    FeatureModel,
    FeatureStatistics,
    feature_distance,
    mean_l1,
    paint_classes,
    psnr,
    ssim,
    style_diversity,
)
from tfhd.metrics.image_similarity import pairs
from tfhd.networks import VGG19Features
from tfhd.segmentation import Segmenter

PHOTOS = "photos"
KEPT_FEATURES = 1000
"""Pictures whose features are kept for the kernel distance, which takes them in pairs."""


@dataclass(frozen=True)
class Instruments:
    """What pictures are measured with; None where that is not wanted.

    Attributes:
        colors: float32 `(classes, 3)` in [-1, 1], the mean colour of each class in the training photos.
        segmenter: the judge.
        features: for distances between sets of pictures.
        perceptual: for distances between a photo and a picture.
    """

    colors: np.ndarray | None = None
    segmenter: Segmenter | None = None
    features: FeatureModel | None = None
    perceptual: VGG19Features | None = None


class Measures:
    """Sums and counts over the pictures so far, which can be saved and restored.

    Args:
        instruments: what to measure with.
        kinds: of pictures, see `PictureSource`; the first is the one that is compared with photos.
        seeded: those of `kinds` in sampled styles.
        num_classes: classes of the label set.
        num_pictures: how many examples there will be, or somewhat more.
    """

    def __init__(
        self, instruments: Instruments, kinds: Sequence[str], seeded: Sequence[str], num_classes: int, num_pictures: int
    ) -> None:
        self._with, self._kinds, self._seeded = instruments, tuple(kinds), tuple(seeded)
        self.count = 0
        self.sums: dict[str, float] = {}
        """Of one value per picture, by name."""
        self.ranking: list[float] = []
        """How good each picture of the first kind is: its pixel accuracy where there is a judge, else its L1 below 0."""
        self.matrices: dict[str, ConfusionMatrix] = {}
        if instruments.segmenter is not None:
            ignored = instruments.segmenter.ignored
            self.matrices = {kind: ConfusionMatrix(num_classes, ignored) for kind in (PHOTOS, *self._kinds)}
        self._described = (PHOTOS, self._kinds[0], *self._seeded[:1]) if instruments.features is not None else ()
        size = instruments.features.size if instruments.features is not None else 0
        self.statistics = {kind: FeatureStatistics(size) for kind in self._described}
        self.kept = {kind: np.zeros((0, size), np.float32) for kind in self._described}
        """float32 `(at most KEPT_FEATURES, size)`: features of pictures evenly chosen among all."""
        self._stride = -(-num_pictures // KEPT_FEATURES)

    def update(self, label: np.ndarray, photo: np.ndarray, pictures: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Takes the examples of a batch.

        Args:
            label: int32 `(N, H, W)`, class indices.
            photo: uint8 `(N, H, W, 3)`.
            pictures: the same of each kind.

        Returns:
            What the segmenter reads, int32 `(N, H, W)`, of the photos and of each kind; empty without one.
        """
        every = {PHOTOS: photo, **pictures}
        values = {kind: _values(found) for kind, found in every.items()}
        self._compare(label, values)
        readings = self._judge(label, every)
        for kind in self._described:
            self._describe(kind, values[kind])
        self.count += len(label)
        return readings

    def mean(self, name: str) -> float | None:
        """The mean of one value per picture; None where it was not measured."""
        return self.sums[name] / self.count if name in self.sums else None

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was measured so far, for `restore`."""
        found = {"count": np.array(self.count), "ranking": np.array(self.ranking, np.float64)}
        found |= {f"sums/{name}": np.array(value, np.float64) for name, value in self.sums.items()}
        found |= {f"matrices/{kind}": matrix.counts for kind, matrix in self.matrices.items()}
        found |= {f"kept/{kind}": features for kind, features in self.kept.items()}
        for kind, statistics in self.statistics.items():
            parts = {"count": np.array(statistics.count), "mean": statistics.mean, "scatter": statistics.scatter}
            found |= {f"statistics/{kind}/{name}": array for name, array in parts.items()}
        return found

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Goes on from what `arrays` returned; raises `KeyError` where that is of other measures."""
        for kind, matrix in self.matrices.items():
            matrix.counts = arrays[f"matrices/{kind}"]
        for kind, statistics in self.statistics.items():
            statistics.count = int(arrays[f"statistics/{kind}/count"])
            statistics.mean, statistics.scatter = arrays[f"statistics/{kind}/mean"], arrays[f"statistics/{kind}/scatter"]
        self.kept = {kind: arrays[f"kept/{kind}"] for kind in self.kept}
        self.sums = {name.removeprefix("sums/"): float(value) for name, value in arrays.items() if name.startswith("sums/")}
        self.ranking, self.count = arrays["ranking"].tolist(), int(arrays["count"])

    def _compare(self, label: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Measures of one picture beside another."""
        photo, main = values[PHOTOS], values[self._kinds[0]]
        distances = mean_l1(photo, main)
        self._add("l1", distances)
        if self._with.segmenter is None:
            self.ranking += (-distances).tolist()
        self._add("psnr", psnr(photo, main))
        if min(photo.shape[1:3]) >= SMALLEST_SIDE:
            self._add("ssim", ssim(photo, main))
        if self._with.colors is not None:
            self._add("l1_class_colors", mean_l1(photo, paint_classes(label, self._with.colors)))
        styled = [values[kind] for kind in self._seeded]
        if len(styled) > 1:
            self._add("diversity_l1", [style_diversity(np.stack(each)) for each in zip(*styled, strict=True)])
        if self._with.perceptual is None:
            return
        self._add("perceptual", self._distances(photo, main))
        if len(styled) > 1:
            found = [self._distances(styled[i], styled[j]) for i, j in pairs(len(styled))]
            self._add("diversity_perceptual", np.mean(found, axis=0))

    def _judge(self, label: np.ndarray, every: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        segmenter = self._with.segmenter
        if segmenter is None:
            return {}
        readings = {kind: segmenter(pictures) for kind, pictures in every.items()}
        for kind, reading in readings.items():
            self.matrices[kind].update(label, reading)
        judged = ~np.isin(label, segmenter.ignored)
        right = (readings[self._kinds[0]] == label) & judged
        self.ranking += (right.sum(axis=(1, 2)) / np.maximum(judged.sum(axis=(1, 2)), 1)).tolist()
        return readings

    def _describe(self, kind: str, pictures: np.ndarray) -> None:
        features = self._with.features.features(pictures)
        self.statistics[kind].update(features)
        chosen = [i for i in range(len(features)) if (self.count + i) % self._stride == 0]
        self.kept[kind] = np.concatenate([self.kept[kind], features[chosen]])

    def _distances(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        network = self._with.perceptual
        return feature_distance(*([layer.numpy() for layer in network(pictures)] for pictures in (first, second)))

    def _add(self, name: str, values: Sequence[float] | np.ndarray) -> None:
        # One by one: a sum over a batch first would differ in the last digit where another batch size splits it otherwise.
        for value in values:
            self.sums[name] = self.sums.get(name, 0.0) + float(value)


def _values(pictures: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1] from uint8."""
    return pictures.astype(np.float32) / np.float32(127.5) - 1
