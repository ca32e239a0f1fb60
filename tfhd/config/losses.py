"""The kind of adversarial loss, and the weights of the loss terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tfhd.config.requirements import FORBID_UNKNOWN, require_weight

GanLoss = Literal["least_squares", "hinge", "vanilla"]


@dataclass(frozen=True)
class LossConfig:
    """Terms of the generator's loss and their weights (paper section 3.2 and appendix)."""

    __pydantic_config__ = FORBID_UNKNOWN

    gan: GanLoss = "least_squares"
    """least_squares (as published), hinge, or vanilla (cross-entropy)."""
    feature_matching_weight: float = 10.0
    """Weight of the L1 distance of discriminator features."""
    perceptual_weight: float = 10.0
    """Weight of the VGG19 term; 0 leaves it out."""
    l1_weight: float = 0.0
    """Weight of the L1 distance between pictures, as in pix2pix: for small pictures and short trainings; 0 leaves it out."""
    vgg_weights: str = "imagenet"
    """imagenet (Keras downloads them once), or the path of an .npz file with NAME/kernel and NAME/bias arrays."""
    vgg_normalize: bool = True
    """Normalise pictures as VGG19 was trained; the original does not, so False matches it."""

    def __post_init__(self) -> None:
        require_weight("loss", self, "feature_matching_weight", "perceptual_weight", "l1_weight")
