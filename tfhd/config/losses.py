"""The kind of adversarial loss, and the weights of the loss terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tfhd.config.requirements import FORBID_UNKNOWN, require_weight

GanLoss = Literal["least_squares", "hinge", "vanilla"]
PerceptualLoss = Literal["pix2pixhd", "crn"]


@dataclass(frozen=True)
class LossConfig:
    """Terms of the generator's loss and their weights (paper section 3.2 and appendix)."""

    __pydantic_config__ = FORBID_UNKNOWN

    gan: GanLoss = "least_squares"
    """least_squares (as published), hinge, or vanilla (cross-entropy)."""
    adversarial_weight: float = 1.0
    """Weight of the adversarial term; 0, with feature_matching_weight 0, trains the generator without discriminators."""
    feature_matching_weight: float = 10.0
    """Weight of the L1 distance of discriminator features."""
    perceptual_weight: float = 10.0
    """Weight of the VGG19 term; 0 leaves it out."""
    perceptual: PerceptualLoss = "pix2pixhd"
    """pix2pixhd: relu1_1 to relu5_1, as published; crn: pixels, relu1_2 to relu4_2 and relu5_1, as weighted by CRN."""
    l1_weight: float = 0.0
    """Weight of the L1 distance between pictures, as in pix2pix: for small pictures and short trainings; 0 leaves it out."""
    vgg_weights: str = "imagenet"
    """imagenet (Keras downloads them once), or the path of an .npz file with NAME/kernel and NAME/bias arrays."""
    vgg_normalize: bool = True
    """Normalise pictures as VGG19 was trained; the original does not, so False matches it."""

    def __post_init__(self) -> None:
        require_weight("loss", self, "adversarial_weight", "feature_matching_weight", "perceptual_weight", "l1_weight")
