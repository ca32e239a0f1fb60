"""Segmentation scores as JSON and as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tfhd.label_sets import LabelSet
from tfhd.metrics import SegmentationScores

_MEANS = {"pixel_accuracy": "pixel accuracy", "class_accuracy": "class accuracy", "mean_iou": "mean IoU"}


def scores_as_json(scores: SegmentationScores, label_set: LabelSet) -> dict[str, Any]:
    """Scores for a JSON file, those of each class under its name; classes that are not judged are left out."""
    per_class = {
        name: {"iou": float(iou), "accuracy": float(accuracy), "pixels": int(pixels)}
        for name, iou, accuracy, pixels in zip(label_set.names, scores.ious, scores.accuracies, scores.pixels, strict=True)
        if pixels
    }
    return {name: finite(getattr(scores, name)) for name in _MEANS} | {"classes": per_class}


def finite(value: float) -> float | None:
    """The value, or None for JSON, which has no NaN and no infinity."""
    return float(value) if math.isfinite(value) else None


def print_scores(columns: Mapping[str, SegmentationScores], label_set: LabelSet) -> None:
    """Prints the scores of several kinds of pictures beside each other: intersection over union per class, then means."""
    table = Table("intersection over union", *map(escape, columns), box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for index, name in enumerate(label_set.names):
        if any(scores.pixels[index] for scores in columns.values()):
            table.add_row(escape(name), *(f"{scores.ious[index]:.3f}" for scores in columns.values()))
    table.add_section()
    for attribute, title in _MEANS.items():
        table.add_row(title, *(f"{getattr(scores, attribute):.3f}" for scores in columns.values()), style="bold")
    Console().print(table)
