"""The argument DATA of commands that read photos without a preset, and the flags that say how."""

from __future__ import annotations

from typing import Annotated

import tyro

from tfhd.config import Config, DataConfig, TrainingConfig
from tfhd.readers import StreetsReader

DataArgument = tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="DATA")]]
"""A data folder, or `streets`."""


def data_config(
    data: str, format: str, label_set: str, height: int, width: int, *, street_count: int, batch_size: int, seed: int = 0
) -> Config:
    """A configuration that describes data alone: pictures of exactly this size.

    Args:
        data: a data folder; or `streets`, the embedded rendered set.
        format: of a folder.
        label_set: a label set's name or path.
        height: rows.
        width: columns.
        street_count: streets that are rendered for training.
        batch_size: pictures per step.
        seed: of their order.

    Raises:
        InputError: a value is out of range.
    """
    rendered = data == StreetsReader.name
    described = DataConfig(
        format=StreetsReader.name if rendered else format,
        root="" if rendered else data,
        label_set=label_set,
        height=height,
        width=width,
        fit="pad",  # networks here take any size
        batch_size=batch_size,
        street_count=street_count,
    )
    return Config(data=described, training=TrainingConfig(seed=seed))
