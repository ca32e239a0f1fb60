"""The figures that the demo is judged by."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

MIN_REDUCTION = 0.25
"""A model that learned styles comes at least this much closer to the photos than a painting in mean colours."""

MIN_STYLE_DIFFERENCE = 8.0
"""JPEG of quality 75 changes a rendered street by 5 to 8 of 255 and looks the same; another style must change more."""


@dataclass(frozen=True)
class Figures:
    """What was measured on held-out streets."""

    pictures: int
    """Held-out streets behind the L1 figures."""
    l1_encoder: float
    """Mean L1 between synthesized and real pictures, in the real ones' own styles."""
    l1_class_colors: float
    """The same for painting every class in its mean training colour."""
    l1_reduction: float
    """By which share the first is lower."""
    styles_differ_by: float
    """Mean absolute difference, 0..255, between pictures of one scene in different sampled styles."""

    def shortfalls(self) -> list[str]:
        """A line for each figure that is not good enough."""
        lines = []
        # Negated, so that a NaN falls short too.
        if not self.l1_reduction >= MIN_REDUCTION:
            lines.append(
                f"L1 is only {self.l1_reduction:.0%} under the painting in mean class colours; expected {MIN_REDUCTION:.0%}"
            )
        if not self.styles_differ_by >= MIN_STYLE_DIFFERENCE:
            lines.append(
                f"sampled styles differ by only {self.styles_differ_by:.1f} of 255; expected {MIN_STYLE_DIFFERENCE:g} at least"
            )
        return lines


def read_figures(evaluation: Path, styled: Sequence[Sequence[Path]]) -> Figures:
    """Reads what `python -m train evaluate` measured, and compares the sampled styles.

    Args:
        evaluation: its evaluation.json.
        styled: for each scene, its pictures in several styles.
    """
    found = json.loads(evaluation.read_text(encoding="utf-8"))
    names = ("pictures", "l1_encoder", "l1_class_colors", "l1_reduction")
    return Figures(**{name: found[name] for name in names}, styles_differ_by=style_difference(styled))


def style_difference(styled: Sequence[Sequence[Path]]) -> float:
    """Mean absolute difference, 0..255, over all pairs of pictures of the same scene.

    Args:
        styled: for each scene, PNG files of one size; two at least.
    """
    differences = []
    for paths in styled:
        pictures = [np.asarray(Image.open(path).convert("RGB"), np.float64) for path in paths]
        differences += [np.abs(first - second).mean() for first, second in itertools.combinations(pictures, 2)]
    return float(np.mean(differences))
