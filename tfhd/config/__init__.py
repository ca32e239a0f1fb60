"""What one experiment is made of: frozen, typed, validated, and the same after a round trip through JSON."""

from tfhd.config.data import (
    DataConfig,
    DataFormat,
    FileFormat,
    InputKind,
    InstanceIdsMeaning,
    LabelSetName,
    MapSizeBesidePhotos,
    ResizeMode,
)
from tfhd.config.experiment import Config
from tfhd.config.losses import GanLoss, LossConfig, PerceptualLoss
from tfhd.config.networks import DiscriminatorConfig, EncoderConfig, GeneratorConfig
from tfhd.config.training import Precision, StageConfig, TrainingConfig
from tfhd.pixels import PixelType

__all__ = [
    "Config",
    "DataConfig",
    "DataFormat",
    "DiscriminatorConfig",
    "EncoderConfig",
    "FileFormat",
    "GanLoss",
    "GeneratorConfig",
    "InputKind",
    "InstanceIdsMeaning",
    "LabelSetName",
    "LossConfig",
    "MapSizeBesidePhotos",
    "PerceptualLoss",
    "PixelType",
    "Precision",
    "ResizeMode",
    "StageConfig",
    "TrainingConfig",
]
