"""A baseline that any trained model must beat: every class painted in its mean colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np


def class_mean_colors(batches: Iterable[Mapping[str, np.ndarray]], num_classes: int) -> np.ndarray:
    """Computes the mean colour of each class over all pixels of a data set.

    Args:
        batches: mappings with `label`, int32 `(N, H, W)` (or pictures, float `(N, H, W, C)`, whose pixels are all of class 0),
            and `image`, float `(N, H, W, C)` in [-1, 1].
        num_classes: number of classes in the label set.

    Returns:
        float32 `(num_classes, C)` in [-1, 1]; a class without pixels gets the mean over all pixels.
    """
    totals, pixels = np.zeros((num_classes, 3)), np.zeros(num_classes)
    for batch in batches:
        label = _classes(batch["label"]).ravel()
        image = np.asarray(batch["image"])
        image = image.reshape(-1, image.shape[-1])
        sums = np.stack([np.bincount(label, image[:, c], num_classes) for c in range(image.shape[1])], axis=1)
        totals = totals + sums if pixels.any() else sums
        pixels += np.bincount(label, minlength=num_classes)
    overall = totals.sum(axis=0) / max(pixels.sum(), 1)
    present = pixels > 0
    colors = np.tile(overall, (num_classes, 1))
    colors[present] = totals[present] / pixels[present, None]
    return colors.astype(np.float32)


def paint_classes(label: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Paints every pixel in the colour of its class.

    Args:
        label: class indices, integer `(N, H, W)`; or pictures, see `class_mean_colors`.
        colors: float32 `(num_classes, C)`.

    Returns:
        float32 `(N, H, W, C)`.
    """
    return colors[_classes(label)]


def _classes(label: np.ndarray) -> np.ndarray:
    label = np.asarray(label)
    return label if label.ndim == 3 else np.zeros(label.shape[:3], np.int64)
