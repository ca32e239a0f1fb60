"""Run folders: config.json, label_set.json, checkpoints and the style table, which everything after training starts from."""

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
