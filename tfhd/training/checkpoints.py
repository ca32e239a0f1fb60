"""Saves and restores a training: networks, optimizers, averages, image pool, state. Their files: `tfhd.runs.checkpoint_files`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from tfhd.runs.checkpoint_files import (
    AVERAGES,
    IMAGE_POOL,
    TrainingState,
    assign,
    best_checkpoint,
    list_checkpoints,
    read_arrays,
    read_state,
    require_alike,
    variables_by_path,
    write_checkpoint,
)
from tfhd.training.pix2pixhd import Pix2PixHD


def save_checkpoint(
    folder: str | Path,
    model: Pix2PixHD,
    state: TrainingState,
    pool: Mapping[str, np.ndarray] | None = None,
    keep: int | None = None,
) -> Path:
    """Writes networks, optimizers, averages, image pool and state to `folder/step-NNNNNNNN`.

    Args:
        folder: where checkpoints lie.
        model: a compiled model.
        state: where its training stands.
        pool: arrays of the image pool.
        keep: how many of the newest stay, beside the best one of the newest's stage; None keeps all. Others go only after
            the new one is whole.

    Returns:
        The new checkpoint's path.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    parts: dict[str, Mapping] = dict(_parts(model))
    if pool:
        parts[IMAGE_POOL] = pool
    target = write_checkpoint(Path(folder), state, parts)
    if keep:
        _prune(Path(folder), keep)
    return target


def restore(checkpoint: str | Path, model: Pix2PixHD) -> dict[str, np.ndarray]:
    """Gives a compiled model the weights, optimizer state, averages and step of a checkpoint.

    Returns:
        The arrays of the image pool; empty where none was kept.

    Raises:
        InputError: a file is missing or damaged, or holds other variables than the model has; the model is as it was.
    """
    checkpoint, parts = Path(checkpoint), _parts(model)
    arrays = {name: read_arrays(checkpoint / f"{name}.npz") for name in parts}
    for name, variables in parts.items():
        require_alike(arrays[name], variables, checkpoint / f"{name}.npz")
    state = read_state(checkpoint)
    pool = checkpoint / f"{IMAGE_POOL}.npz"
    pooled = read_arrays(pool) if pool.exists() else {}
    for name, variables in parts.items():
        assign(variables, arrays[name])
    model.steps_done.assign(state.stage_step)
    return pooled


def _parts(model: Pix2PixHD) -> dict[str, dict[str, keras.Variable]]:
    optimizers = {"generator_optimizer": model.generator_optimizer, "discriminator_optimizer": model.discriminator_optimizer}
    parts = {name: variables_by_path(network) for name, network in model.networks.items()}
    parts |= {name: _by_position(optimizer) for name, optimizer in optimizers.items()}
    if model.averages is not None:
        parts[AVERAGES] = model.averages.by_path()
    return parts


def _by_position(optimizer: keras.optimizers.Optimizer) -> dict[str, keras.Variable]:
    return {f"{i:05d}": variable for i, variable in enumerate(optimizer.variables)}


def _prune(folder: Path, keep: int) -> None:
    found = list_checkpoints(folder)
    best = best_checkpoint(found)
    for old in found[:-keep]:
        if old != best:
            shutil.rmtree(old)
