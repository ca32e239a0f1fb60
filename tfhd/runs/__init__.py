"""Run folders: config.json, label_set.json, checkpoints, the style table; what training leaves and everything else starts from."""

from tfhd.runs.checkpoint_files import TrainingState, WhichCheckpoint
from tfhd.runs.trained_run import TrainedRun, WhichWeights, load_run, read_run, write_description, write_networks

__all__ = [
    "TrainedRun",
    "TrainingState",
    "WhichCheckpoint",
    "WhichWeights",
    "load_run",
    "read_run",
    "write_description",
    "write_networks",
]
