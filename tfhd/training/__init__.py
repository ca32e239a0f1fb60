"""Training of pix2pixHD with Keras' `fit`."""

from tfhd.training.pix2pixhd import Pix2PixHD
from tfhd.training.schedules import ConstantThenLinearDecay
from tfhd.training.setup import build_model

__all__ = ["ConstantThenLinearDecay", "Pix2PixHD", "build_model"]
