"""Saves and restores what a training has learned: one npz a part, no pickles, a folder that is whole or not there."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
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
    parts = {name: _by_path(network) for name, network in _networks(model).items()}
    parts |= {name: _by_position(optimizer) for name, optimizer in _optimizers(model).items()}
    target = _write(Path(folder), int(model.generator_optimizer.iterations.numpy()), parts)
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
        InputError: a file is missing or damaged, or holds other variables than the model has.
    """
    checkpoint = Path(checkpoint)
    for name, network in _networks(model).items():
        _assign(checkpoint / f"{name}.npz", _by_path(network))
    for name, optimizer in _optimizers(model).items():
        _assign(checkpoint / f"{name}.npz", _by_position(optimizer))


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
            _assign(checkpoint / f"{name}.npz", _by_path(network))
    return config, label_set, networks


def _networks(model: Pix2PixHD) -> dict[str, keras.Model]:
    parts = {"generator": model.generator, "discriminator": model.discriminator, "encoder": model.encoder}
    return {name: network for name, network in parts.items() if network is not None}


def _optimizers(model: Pix2PixHD) -> dict[str, keras.optimizers.Optimizer]:
    return {"generator_optimizer": model.generator_optimizer, "discriminator_optimizer": model.discriminator_optimizer}


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
        (partial / "state.json").write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
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


def _assign(path: Path, variables: dict[str, keras.Variable]) -> None:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot read the checkpoint ({error}); use an earlier one") from None
    if arrays.keys() != variables.keys() or any(arrays[k].shape != tuple(v.shape) for k, v in variables.items()):
        raise InputError(f"{path}: holds other variables than the networks; use the configuration that it was trained with")
    for key, variable in variables.items():
        variable.assign(arrays[key])
