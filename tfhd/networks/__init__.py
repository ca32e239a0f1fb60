"""Networks of pix2pixHD, composed of `tfhd.layers`."""

from tfhd.networks.feature_encoder import FeatureEncoder
from tfhd.networks.global_generator import GlobalGenerator
from tfhd.networks.local_enhancer import LocalEnhancer
from tfhd.networks.multiscale_discriminator import MultiscaleDiscriminator
from tfhd.networks.vgg19_features import VGG19Features

__all__ = ["FeatureEncoder", "GlobalGenerator", "LocalEnhancer", "MultiscaleDiscriminator", "VGG19Features"]
