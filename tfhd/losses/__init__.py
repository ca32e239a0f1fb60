"""Stateless losses of pix2pixHD."""

from tfhd.losses.adversarial import discriminator_loss, generator_loss
from tfhd.losses.feature_matching import feature_matching_loss
from tfhd.losses.l1 import l1_loss
from tfhd.losses.perceptual import crn_loss, perceptual_loss

__all__ = ["crn_loss", "discriminator_loss", "feature_matching_loss", "generator_loss", "l1_loss", "perceptual_loss"]
