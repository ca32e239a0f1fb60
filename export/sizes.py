"""Sizes of images that a run's networks take."""

from __future__ import annotations

from tfhd.config import Config


def smallest_size(config: Config) -> int:
    """The least height and width: residual blocks reflect one pixel at the lowest resolution, so they need two there."""
    return max(config.size_multiple, 2 * config.generator.size_multiple)
