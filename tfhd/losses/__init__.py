"""Stateless losses of pix2pixHD."""

from tfhd.losses.adversarial import discriminator_loss, generator_loss
from tfhd.losses.feature_matching import feature_matching_loss
from tfhd.losses.perceptual import perceptual_loss
from tfhd.losses.picture_difference import picture_difference

__all__ = ["discriminator_loss", "feature_matching_loss", "generator_loss", "perceptual_loss", "picture_difference"]
