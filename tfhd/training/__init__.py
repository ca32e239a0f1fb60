"""Training of pix2pixHD: model, objective and step; stages; the loop over replicas and hosts, and its listeners."""

from tfhd.training.distribution import Cluster, open_cluster
from tfhd.training.image_pool import ImagePool
from tfhd.training.model_building import build_model
from tfhd.training.pix2pixhd import Pix2PixHD
from tfhd.training.schedules import ConstantThenLinearDecay
from tfhd.training.stage_weights import carry_over, weights_of
from tfhd.training.step_events import Interval, StepEvent, StepListener
from tfhd.training.trainer import Trainer

__all__ = [
    "Cluster",
    "ConstantThenLinearDecay",
    "ImagePool",
    "Interval",
    "Pix2PixHD",
    "StepEvent",
    "StepListener",
    "Trainer",
    "build_model",
    "carry_over",
    "open_cluster",
    "weights_of",
]
