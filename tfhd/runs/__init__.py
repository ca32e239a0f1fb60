"""Run folders, which training leaves and everything else starts from: config.json, label_set.json, checkpoints, styles.npz."""

from tfhd.runs.checkpoint_files import TrainingState, WhichCheckpoint
from tfhd.runs.trained_run import TrainedRun, WhichWeights, load_run, read_run, write_config_and_label_set, write_networks

__all__ = [
    "TrainedRun",
    "TrainingState",
    "WhichCheckpoint",
    "WhichWeights",
    "load_run",
    "read_run",
    "write_config_and_label_set",
    "write_networks",
]
