from __future__ import annotations

from pathlib import Path

from tfhd.checkpoints import Weights, Which, name_weights
from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.palettes import LabelSet
from tfhd.styles import StyleTable


def load_styles(run: Path, config: Config, label_set: LabelSet, checkpoint: Which, weights: Weights) -> StyleTable | None:
    """The style table of a run.

    Args:
        run: its folder.
        config: what it was trained with.
        label_set: its classes.
        checkpoint: that the table has to be made with, see `tfhd.checkpoints.find_checkpoint`.
        weights: that the table has to be made with, see `tfhd.checkpoints.load_networks`.

    Returns:
        The table, or None where the run has no encoder.

    Raises:
        InputError: there is none, it cannot be read, or it belongs to other weights or classes.
    """
    channels = config.encoder.feature_channels
    if not channels:
        return None
    path = run / "styles.npz"
    command = f"`python -m train styles {run} --checkpoint {checkpoint} --weights {weights}`"
    if not path.exists():
        raise InputError(f"{path}: no style table there; write it with {command}")
    table = StyleTable.load(path)
    if (table.centers.shape[0], table.centers.shape[2]) != (label_set.num_classes, channels):
        raise InputError(
            f"{path}: holds {table.centers.shape[0]} classes of {table.centers.shape[2]} channels, but the run has "
            f"{label_set.num_classes} of {channels}; write it anew with {command}"
        )
    origin = name_weights(run, checkpoint, weights)
    if table.origin not in ("", origin):
        raise InputError(
            f"{path}: was made with the weights {table.origin}, but the model has {origin}; write it anew with {command}, "
            "or export with the --checkpoint and --weights that it was made with"
        )
    return table
