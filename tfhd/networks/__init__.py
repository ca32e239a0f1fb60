"""Networks of pix2pixHD, composed of `tfhd.layers`."""

from tfhd.networks.cascaded_refinement_generator import CascadedRefinementGenerator
from tfhd.networks.factory import Generator, Networks, build_generator, build_networks
from tfhd.networks.feature_encoder import FeatureEncoder
from tfhd.networks.global_generator import GlobalGenerator
from tfhd.networks.local_enhancer import LocalEnhancer
from tfhd.networks.multiscale_discriminator import MultiscaleDiscriminator
from tfhd.networks.segmentation_network import SegmentationNetwork
from tfhd.networks.unet_generator import UNetGenerator
from tfhd.networks.vgg19_features import VGG19Features

__all__ = [
    "CascadedRefinementGenerator",
    "FeatureEncoder",
    "Generator",
    "GlobalGenerator",
    "LocalEnhancer",
    "MultiscaleDiscriminator",
    "Networks",
    "SegmentationNetwork",
    "UNetGenerator",
    "VGG19Features",
    "build_generator",
    "build_networks",
]
