from __future__ import annotations

from pathlib import Path

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.palettes import LabelSet
from tfhd.styles import StyleTable


def load_styles(run: Path, config: Config, label_set: LabelSet, origin: str) -> StyleTable | None:
    """The style table of a run.

    Args:
        run: its folder.
        config: what it was trained with.
        label_set: its classes.
        origin: the weights that the table has to be made with, see `tfhd.checkpoints.name_weights`.

    Returns:
        The table, or None where the run has no encoder.

    Raises:
        InputError: there is none, it cannot be read, or it belongs to other weights or classes.
    """
    channels = config.encoder.feature_channels
    if not channels:
        return None
    path = run / "styles.npz"
    if not path.exists():
        raise InputError(f"{path}: no style table there; write it with `python -m train styles {run}`")
    table = StyleTable.load(path)
    if (table.centers.shape[0], table.centers.shape[2]) != (label_set.num_classes, channels):
        raise InputError(
            f"{path}: holds {table.centers.shape[0]} classes of {table.centers.shape[2]} channels, but the run has "
            f"{label_set.num_classes} of {channels}; write it anew with `python -m train styles {run}`"
        )
    if table.origin not in ("", origin):
        raise InputError(
            f"{path}: was made with the weights {table.origin}, but the model has {origin}; give both commands the same "
            f"--checkpoint and --weights, or write it anew with `python -m train styles {run}`"
        )
    return table
