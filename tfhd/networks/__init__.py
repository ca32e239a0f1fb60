"""Networks of pix2pixHD, composed of `tfhd.layers`."""

from tfhd.networks.factory import Networks, build_generator, build_networks
from tfhd.networks.feature_encoder import FeatureEncoder
from tfhd.networks.global_generator import GlobalGenerator
from tfhd.networks.local_enhancer import LocalEnhancer
from tfhd.networks.multiscale_discriminator import MultiscaleDiscriminator
from tfhd.networks.segmentation_network import SegmentationNetwork
from tfhd.networks.vgg19_features import VGG19Features

__all__ = [
    "FeatureEncoder",
    "GlobalGenerator",
    "LocalEnhancer",
    "MultiscaleDiscriminator",
    "Networks",
    "SegmentationNetwork",
    "VGG19Features",
    "build_generator",
    "build_networks",
]
