"""Keras layers of pix2pixHD; all run on every Keras backend.

Constructor arguments are plain values, so that Keras records them for `get_config`. That is why layers pass the name of their
dtype policy, not the policy itself, to the layers that they contain.
"""

from tfhd.layers.average_downsampling import AverageDownsampling
from tfhd.layers.batch_normalized_convolution import BatchNormalizedConvolution
from tfhd.layers.convolution_block import ConvolutionBlock
from tfhd.layers.instance_average_pooling import InstanceAveragePooling
from tfhd.layers.instance_normalization import InstanceNormalization
from tfhd.layers.label_encoding import LabelEncoding
from tfhd.layers.output_block import OutputBlock
from tfhd.layers.picture_encoding import PictureEncoding
from tfhd.layers.pyramid_pooling import PyramidPooling
from tfhd.layers.reflection_fit import ReflectionFit
from tfhd.layers.reflection_padding import ReflectionPadding2D
from tfhd.layers.residual_block import ResidualBlock
from tfhd.layers.upsampling_block import UpsamplingBlock

__all__ = [
    "AverageDownsampling",
    "BatchNormalizedConvolution",
    "ConvolutionBlock",
    "InstanceAveragePooling",
    "InstanceNormalization",
    "LabelEncoding",
    "OutputBlock",
    "PictureEncoding",
    "PyramidPooling",
    "ReflectionFit",
    "ReflectionPadding2D",
    "ResidualBlock",
    "UpsamplingBlock",
]
