"""Measures how good the demo's images are, and the limits that they must reach."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

MIN_REDUCTION = 0.25
"""A model that learned styles is closer to the photos by at least this share than classes painted in mean colours."""

MIN_STYLE_DIFFERENCE = 8.0
"""JPEG of quality 75 changes a rendered street by 5 to 8 of 255 without visible effect; another style must change more."""


@dataclass(frozen=True)
class Quality:
    """Quality of the images of held-out streets."""

    pictures: int
    """Number of held-out streets in the L1 means."""
    l1_encoder: float
    """Mean L1 between real images and images synthesized in their styles."""
    l1_class_colors: float
    """Mean L1 between real images and classes painted in their mean training colour."""
    l1_reduction: float
    """The share by which `l1_encoder` is lower than `l1_class_colors`."""
    styles_differ_by: float
    """Mean absolute difference, 0..255, between images of one scene in different sampled styles."""

    def shortfalls(self) -> list[str]:
        """Returns a line for each value that is not good enough."""
        lines = []
        # Negated, so that NaN counts as a shortfall.
        if not self.l1_reduction >= MIN_REDUCTION:
            lines.append(
                f"L1 is only {self.l1_reduction:.0%} under the painting in mean class colours; expected {MIN_REDUCTION:.0%}"
            )
        if not self.styles_differ_by >= MIN_STYLE_DIFFERENCE:
            lines.append(
                f"sampled styles differ by only {self.styles_differ_by:.1f} of 255; expected {MIN_STYLE_DIFFERENCE:g} at least"
            )
        return lines


def read_quality(evaluation: Path, styled: Sequence[Sequence[Path]]) -> Quality:
    """Reads the results of `python -m train evaluate`, and compares the sampled styles.

    Args:
        evaluation: path of evaluation.json.
        styled: for each scene, its images in several styles.
    """
    found = json.loads(evaluation.read_text(encoding="utf-8"))
    names = ("pictures", "l1_encoder", "l1_class_colors", "l1_reduction")
    return Quality(**{name: found[name] for name in names}, styles_differ_by=style_difference(styled))


def style_difference(styled: Sequence[Sequence[Path]]) -> float:
    """Computes the mean absolute difference, 0..255, over all pairs of images of the same scene.

    Args:
        styled: for each scene, at least two PNG files of one size.
    """
    differences = []
    for paths in styled:
        pictures = [np.asarray(Image.open(path).convert("RGB"), np.float64) for path in paths]
        differences += [np.abs(first - second).mean() for first, second in itertools.combinations(pictures, 2)]
    return float(np.mean(differences))
