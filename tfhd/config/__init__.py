"""What one experiment is made of: frozen, typed, validated, and the same after a round trip through JSON."""

from tfhd.config.data import DataConfig, DataFormat, FileFormat, InstanceIdsMeaning, LabelSetName, ResizeMode
from tfhd.config.experiment import Config
from tfhd.config.losses import GanLoss, LossConfig, PerceptualLoss
from tfhd.config.networks import DiscriminatorConfig, EncoderConfig, GeneratorConfig
from tfhd.config.training import Precision, StageConfig, TrainingConfig

__all__ = [
    "Config",
    "DataConfig",
    "DataFormat",
    "DiscriminatorConfig",
    "EncoderConfig",
    "FileFormat",
    "GanLoss",
    "GeneratorConfig",
    "InstanceIdsMeaning",
    "LabelSetName",
    "LossConfig",
    "PerceptualLoss",
    "Precision",
    "ResizeMode",
    "StageConfig",
    "TrainingConfig",
]
