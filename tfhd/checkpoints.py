"""Saves and restores what a training has learned: one npz a part, no pickles, a folder that is whole or not there."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import keras
import numpy as np

# Validates the state file: types, and keys that are missing or unknown.
from pydantic import TypeAdapter, ValidationError

from tfhd.config import Config, Precision
from tfhd.errors import InputError
from tfhd.networks import Networks, build_networks
from tfhd.palettes import LabelSet, load_label_set

if TYPE_CHECKING:
    from tfhd.training import Pix2PixHD

Which = Literal["latest", "best"]
Weights = Literal["averaged", "raw"]

_PREFIX = "step-"
_STATE = "state.json"
_AVERAGES = "averages"
_POOL = "image_pool"


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        stage: name of the stage; empty where networks were trained elsewhere.
        step: steps done in all stages.
        stage_step: steps done in this stage.
        batch_size: pictures a step on all replicas together, which decides what every step trains.
        validation_l1: mean absolute difference from held-out photos after this step, in [0, 1], if it was measured.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's way for dataclasses

    stage: str = ""
    step: int = 0
    stage_step: int = 0
    batch_size: int = 1
    validation_l1: float | None = None


def save_checkpoint(
    folder: str | Path,
    model: Pix2PixHD,
    state: TrainingState,
    pool: Mapping[str, np.ndarray] | None = None,
    keep: int | None = None,
) -> Path:
    """Writes networks, optimizers, averages, image pool and state to `folder/step-NNNNNNNN`.

    The files are written beside and renamed, so that a checkpoint that is there is whole.

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
        parts[_POOL] = pool
    target = _write(Path(folder), state, parts)
    if keep:
        _prune(Path(folder), keep)
    return target


def save_networks(folder: str | Path, networks: Mapping[str, keras.Model]) -> Path:
    """Writes networks that were trained elsewhere to `folder/step-00000000`: enough to use or to start from, not to resume.

    Args:
        folder: where checkpoints lie.
        networks: by name: generator, discriminator, encoder; those that are known.

    Returns:
        The new checkpoint's path.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    return _write(Path(folder), TrainingState(), {name: _by_path(network) for name, network in networks.items()})


def checkpoints(folder: str | Path) -> list[Path]:
    """All checkpoints in `folder`, oldest first."""
    return sorted(path for path in Path(folder).glob(f"{_PREFIX}*") if path.is_dir())


def find_checkpoint(folder: str | Path, which: Which = "latest") -> Path:
    """A checkpoint in `folder`.

    Args:
        folder: where checkpoints lie.
        which: latest: the one with the highest step; best: of its stage, the one whose held-out pictures came closest to
            their photos (the latest, where none was measured).

    Raises:
        InputError: there is none.
    """
    found = checkpoints(folder)
    if not found:
        raise InputError(f"{folder}: no checkpoint there; run `python -m train fit` to its first checkpoint")
    return found[-1] if which == "latest" else _best(found) or found[-1]


def read_state(checkpoint: str | Path) -> TrainingState:
    """Where the training of a checkpoint stands; raises `InputError` where the file is missing or damaged."""
    path = Path(checkpoint) / _STATE
    try:
        return TypeAdapter(TrainingState).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise _unreadable(path, error) from None


def restore(checkpoint: str | Path, model: Pix2PixHD) -> dict[str, np.ndarray]:
    """Gives a compiled model the weights, optimizer state, averages and step of a checkpoint.

    Returns:
        The arrays of the image pool; empty where none was kept.

    Raises:
        InputError: a file is missing or damaged, or holds other variables than the model has; the model is as it was.
    """
    checkpoint, parts = Path(checkpoint), _parts(model)
    arrays = {name: _read(checkpoint / f"{name}.npz", variables) for name, variables in parts.items()}
    state = read_state(checkpoint)
    pool = checkpoint / f"{_POOL}.npz"
    pooled = read_arrays(pool) if pool.exists() else {}
    for name, variables in parts.items():
        _assign(variables, arrays[name])
    model.steps_done.assign(state.stage_step)
    return pooled


def load_networks(
    run: str | Path, which: Which = "latest", weights: Weights = "averaged", precision: Precision | None = None
) -> tuple[Config, LabelSet, Networks]:
    """The networks of a run folder as a checkpoint has them, for use, not for training.

    Generator and encoder are read; the discriminator, which nothing but training needs, keeps random weights.

    Args:
        run: a folder that `python -m train fit` wrote.
        which: the checkpoint, see `find_checkpoint`.
        weights: averaged: the running averages where the run keeps them; raw: those of the last step.
        precision: of the arithmetic; None for that of the training.

    Returns:
        The configuration of the checkpoint's stage, the label set, the networks.

    Raises:
        InputError: the folder holds no run, or no checkpoint.
    """
    run = Path(run)
    config, checkpoint = read_run(run, which)
    label_set = load_label_set(run / "label_set.json")
    # What is computed again on the way back would be custom gradients in a SavedModel, which warns of them when it is loaded.
    training = dataclasses.replace(config.training, recompute=False, precision=precision or config.training.precision)
    for_use = dataclasses.replace(config, training=training)
    networks = build_networks(for_use, label_set.num_classes)
    averages = checkpoint / f"{_AVERAGES}.npz"
    averaged = read_arrays(averages) if weights == "averaged" and averages.exists() else None
    for name in ("generator", "encoder"):
        network, path = getattr(networks, name), checkpoint / f"{name}.npz"
        if network is None:
            continue
        if averaged is None:
            assign_network(network, read_arrays(path), path)
        else:
            assign_network(network, _of_part(averaged, name), averages)
    return config, label_set, networks


def name_weights(run: str | Path, which: Which = "latest", weights: Weights = "averaged") -> str:
    """The weights that `load_networks` takes, in words: `step-00000500 averaged`; raises `InputError` as that does."""
    _, checkpoint = read_run(run, which)
    averaged = weights == "averaged" and (checkpoint / f"{_AVERAGES}.npz").exists()
    return f"{checkpoint.name} {'averaged' if averaged else 'raw'}"


def read_run(run: str | Path, which: Which = "latest") -> tuple[Config, Path]:
    """A run folder's checkpoint, and the configuration of the stage that wrote it; raises `InputError` where there is none."""
    config = Config.load(Path(run) / "config.json")
    checkpoint = find_checkpoint(Path(run) / "checkpoints", which)
    stage = read_state(checkpoint).stage or list(config.stages)[-1]
    if stage not in config.stages:
        raise InputError(f"{checkpoint}: is of stage {stage!r}, which {run}/config.json does not name; use the run's own file")
    return config.at(stage), checkpoint


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an npz file, no pickles; raises `InputError` where it is missing or damaged."""
    path = Path(path)
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as npz:
            return dict(npz)
    except Exception as error:  # a damaged zip makes zipfile and NumPy raise nearly anything
        raise _unreadable(path, error) from None


def network_arrays(network: keras.Model) -> dict[str, np.ndarray]:
    """Copies of a network's weights by path, as a checkpoint holds them."""
    return {path: np.asarray(variable) for path, variable in _by_path(network).items()}


def assign_network(network: keras.Model, arrays: Mapping[str, np.ndarray], source: str | Path) -> None:
    """Gives a network the arrays of a checkpoint, by path.

    Raises:
        InputError: other variables, or other shapes, than the network has; the network is as it was.
    """
    variables = _by_path(network)
    _require_alike(arrays, variables, Path(source))
    _assign(variables, arrays)


def _parts(model: Pix2PixHD) -> dict[str, dict[str, keras.Variable]]:
    networks = {"generator": model.generator, "discriminator": model.discriminator, "encoder": model.encoder}
    optimizers = {"generator_optimizer": model.generator_optimizer, "discriminator_optimizer": model.discriminator_optimizer}
    parts = {name: _by_path(network) for name, network in networks.items() if network is not None}
    parts |= {name: _by_position(optimizer) for name, optimizer in optimizers.items()}
    if model.averages is not None:
        parts[_AVERAGES] = model.averages.by_path()
    return parts


def _best(found: list[Path]) -> Path | None:
    states = {}
    for path in found:
        with suppress(InputError):  # a damaged one is not the best, and must not end a training that writes new ones
            states[path] = read_state(path)
    found = list(states)
    stage = states[found[-1]].stage if found else ""
    measured = [path for path in found if states[path].stage == stage and states[path].validation_l1 is not None]
    return min(measured, key=lambda path: states[path].validation_l1, default=None)


def _prune(folder: Path, keep: int) -> None:
    found = checkpoints(folder)
    best = _best(found)
    for old in found[:-keep]:
        if old != best:
            shutil.rmtree(old)


def _write(folder: Path, state: TrainingState, parts: Mapping[str, Mapping]) -> Path:
    target = folder / f"{_PREFIX}{state.step:08d}"
    partial = target.with_name(f".partial-{target.name}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, variables in parts.items():
            with open(partial / f"{name}.npz", "wb") as file:
                np.savez(file, **{key: np.asarray(variable) for key, variable in variables.items()})
                os.fsync(file.fileno())
        (partial / _STATE).write_text(json.dumps(dataclasses.asdict(state)) + "\n", encoding="utf-8")
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
    arrays = read_arrays(path)
    _require_alike(arrays, variables, path)
    return arrays


def _require_alike(arrays: Mapping[str, np.ndarray], variables: Mapping[str, keras.Variable], source: Path) -> None:
    if arrays.keys() != variables.keys() or any(np.shape(arrays[k]) != tuple(v.shape) for k, v in variables.items()):
        raise InputError(f"{source}: holds other variables than the networks; use the configuration that it was trained with")


def _of_part(arrays: Mapping[str, np.ndarray], part: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(f"{part}/"): array for key, array in arrays.items() if key.startswith(f"{part}/")}


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else f"damaged: {type(error).__name__}"
    return InputError(f"{path}: cannot read the checkpoint ({reason}); remove {path.parent} to use an earlier one")


def _assign(variables: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    for key, variable in variables.items():
        variable.assign(arrays[key])
