"""Saves and restores what a training has learned: one npz a part, no pickles, a folder that is whole or not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.networks import Networks, build_networks
from tfhd.palettes import LabelSet, load_label_set

if TYPE_CHECKING:
    from tfhd.training import Pix2PixHD

_PREFIX = "step-"
_STATE = "state.json"


def save_checkpoint(folder: str | Path, model: Pix2PixHD, keep: int | None = None) -> Path:
    """Writes networks, optimizers and the step to `folder/step-NNNNNNNN`.

    The files are written beside and renamed, so that a checkpoint that is there is whole.

    Args:
        folder: where checkpoints lie.
        model: a compiled model.
        keep: how many of the newest stay; None keeps all. Older ones go only after the new one is whole.

    Returns:
        The new checkpoint's path.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    target = _write(Path(folder), int(model.steps_done.numpy()), _parts(model))
    for old in checkpoints(folder)[:-keep] if keep else []:
        shutil.rmtree(old)
    return target


def save_networks(folder: str | Path, networks: Mapping[str, keras.Model]) -> Path:
    """Writes networks that were trained elsewhere to `folder/step-00000000`: enough to use them, not to resume their training.

    Args:
        folder: where checkpoints lie.
        networks: by name: generator, discriminator, encoder; those that are known.

    Returns:
        The new checkpoint's path.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    return _write(Path(folder), 0, {name: _by_path(network) for name, network in networks.items()})


def checkpoints(folder: str | Path) -> list[Path]:
    """All checkpoints in `folder`, oldest first."""
    return sorted(path for path in Path(folder).glob(f"{_PREFIX}*") if path.is_dir())


def latest_checkpoint(folder: str | Path) -> Path:
    """The checkpoint with the highest step in `folder`; raises `InputError` where there is none."""
    found = checkpoints(folder)
    if not found:
        raise InputError(f"{folder}: no checkpoint there; run `python -m train fit` to its first checkpoint")
    return found[-1]


def restore(checkpoint: str | Path, model: Pix2PixHD) -> None:
    """Gives a compiled model the weights, optimizer state and step of a checkpoint.

    Raises:
        InputError: a file is missing or damaged, or holds other variables than the model has; the model is as it was.
    """
    checkpoint, parts = Path(checkpoint), _parts(model)
    arrays = {name: _read(checkpoint / f"{name}.npz", variables) for name, variables in parts.items()}
    step = _read_step(checkpoint / _STATE)
    for name, variables in parts.items():
        _assign(variables, arrays[name])
    model.steps_done.assign(step)


def load_networks(run: str | Path) -> tuple[Config, LabelSet, Networks]:
    """The networks of a run folder with the weights of its latest checkpoint, for use, not for training.

    Generator and encoder are read; the discriminator, which nothing but training needs, keeps random weights.

    Args:
        run: a folder that `python -m train fit` wrote.

    Raises:
        InputError: the folder holds no run, or no checkpoint.
    """
    run = Path(run)
    config = Config.load(run / "config.json")
    label_set = load_label_set(run / "label_set.json")
    networks = build_networks(config, label_set.num_classes)
    checkpoint = latest_checkpoint(run / "checkpoints")
    for name in ("generator", "encoder"):
        network = getattr(networks, name)
        if network is not None:
            variables = _by_path(network)
            _assign(variables, _read(checkpoint / f"{name}.npz", variables))
    return config, label_set, networks


def _parts(model: Pix2PixHD) -> dict[str, dict[str, keras.Variable]]:
    networks = {"generator": model.generator, "discriminator": model.discriminator, "encoder": model.encoder}
    optimizers = {"generator_optimizer": model.generator_optimizer, "discriminator_optimizer": model.discriminator_optimizer}
    parts = {name: _by_path(network) for name, network in networks.items() if network is not None}
    return parts | {name: _by_position(optimizer) for name, optimizer in optimizers.items()}


def _write(folder: Path, step: int, parts: Mapping[str, Mapping[str, keras.Variable]]) -> Path:
    target = folder / f"{_PREFIX}{step:08d}"
    partial = target.with_name(f".partial-{target.name}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, variables in parts.items():
            with open(partial / f"{name}.npz", "wb") as file:
                np.savez(file, **{key: np.asarray(variable) for key, variable in variables.items()})
                os.fsync(file.fileno())
        (partial / _STATE).write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise InputError(
            f"{target}: cannot write the checkpoint ({error.strerror}); free disk space or choose another --out"
        ) from None
    return target


def _by_path(network: keras.Model) -> dict[str, keras.Variable]:
    # Without the network's own name, so that networks of any name share files.
    return {variable.path.split("/", 1)[1]: variable for variable in network.variables}


def _by_position(optimizer: keras.optimizers.Optimizer) -> dict[str, keras.Variable]:
    return {f"{i:05d}": variable for i, variable in enumerate(optimizer.variables)}


def _read(path: Path, variables: Mapping[str, keras.Variable]) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as npz:
            arrays = dict(npz)
    except Exception as error:  # a damaged zip makes zipfile and NumPy raise nearly anything
        raise _unreadable(path, error) from None
    if arrays.keys() != variables.keys() or any(np.shape(arrays[k]) != tuple(v.shape) for k, v in variables.items()):
        raise InputError(f"{path}: holds other variables than the networks; use the configuration that it was trained with")
    return arrays


def _read_step(path: Path) -> int:
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["step"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else f"damaged: {type(error).__name__}"
    return InputError(f"{path}: cannot read the checkpoint ({reason}); remove {path.parent} to use an earlier one")


def _assign(variables: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    for key, variable in variables.items():
        variable.assign(arrays[key])
