"""Training of pix2pixHD: the model and its step, stages, the loop over replicas and hosts, and what watches it."""

from tfhd.training.distribution import Cluster, open_cluster
from tfhd.training.image_pool import ImagePool
from tfhd.training.pix2pixhd import Pix2PixHD
from tfhd.training.progress import Interval, Moment, Watcher
from tfhd.training.schedules import ConstantThenLinearDecay
from tfhd.training.setup import build_model
from tfhd.training.stages import carry_over, networks_of
from tfhd.training.trainer import Trainer

__all__ = [
    "Cluster",
    "ConstantThenLinearDecay",
    "ImagePool",
    "Interval",
    "Moment",
    "Pix2PixHD",
    "Trainer",
    "Watcher",
    "build_model",
    "carry_over",
    "networks_of",
    "open_cluster",
]
