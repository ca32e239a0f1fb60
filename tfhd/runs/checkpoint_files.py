"""A checkpoint on disk: a folder `step-NNNNNNNN` with state.json and one npz file per network and optimizer, no pickles.

    generator.npz, discriminator.npz, encoder.npz            weights by variable path
    generator_optimizer.npz, discriminator_optimizer.npz     optimizer state by position
    averages.npz      running averages of generator and encoder, by network and path, where the run keeps them
    image_pool.npz    earlier fakes, where the run keeps them
    state.json        `TrainingState`

The folder has this name once it is whole. Networks that were trained elsewhere come with some of their weights and state.json
alone: enough to use and to start from, not to resume.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

# Validates the state file: types, and keys that are missing or unknown.
from pydantic import TypeAdapter, ValidationError

from tfhd.errors import InputError
from tfhd.files import replaced_folder

WhichCheckpoint = Literal["latest", "best"]

NETWORKS = ("generator", "discriminator", "encoder")
AVERAGES = "averages"
IMAGE_POOL = "image_pool"
_PREFIX = "step-"
_STATE = "state.json"


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        stage: name of the stage; empty where networks were trained elsewhere.
        step: steps done in all stages.
        stage_step: steps done in this stage.
        batch_size: pictures per step on all replicas together, which decides what every step trains.
        validation_l1: mean absolute difference from held-out photos after this step, in [0, 1], if it was measured.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's way for dataclasses

    stage: str = ""
    step: int = 0
    stage_step: int = 0
    batch_size: int = 1
    validation_l1: float | None = None


def list_checkpoints(folder: str | Path) -> list[Path]:
    """All checkpoints in `folder`, oldest first."""
    return sorted(path for path in Path(folder).glob(f"{_PREFIX}*") if path.is_dir())


def find_checkpoint(folder: str | Path, which: WhichCheckpoint = "latest") -> Path:
    """A checkpoint in `folder`.

    Args:
        folder: where checkpoints lie.
        which: latest: the one with the highest step; best: of its stage, the one whose held-out pictures came closest to
            their photos (the latest, where none was measured).

    Raises:
        InputError: there is none.
    """
    found = list_checkpoints(folder)
    if not found:
        raise InputError(f"{folder}: no checkpoint there; run `tfhd train fit` to its first checkpoint")
    return found[-1] if which == "latest" else best_checkpoint(found) or found[-1]


def best_checkpoint(found: list[Path]) -> Path | None:
    """Of the newest one's stage, the checkpoint with the lowest validation L1; None where none was measured."""
    states = {}
    for path in found:
        with suppress(InputError):  # a damaged one is not the best, and must not end a training that writes new ones
            states[path] = read_state(path)
    found = list(states)
    stage = states[found[-1]].stage if found else ""
    measured = [path for path in found if states[path].stage == stage and states[path].validation_l1 is not None]
    return min(measured, key=lambda path: states[path].validation_l1, default=None)


def write_checkpoint(folder: Path, state: TrainingState, parts: Mapping[str, Mapping]) -> Path:
    """Writes `folder/step-NNNNNNNN`; one that exists is replaced once the new one is whole.

    Args:
        folder: where checkpoints lie.
        state: where the training stands.
        parts: by name of an npz file without its suffix: variables or arrays by their key in it.

    Returns:
        The new checkpoint's path.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    target = folder / f"{_PREFIX}{state.step:08d}"
    with replaced_folder(target, "checkpoint") as partial:
        for name, variables in parts.items():
            with open(partial / f"{name}.npz", "wb") as file:
                np.savez(file, **{key: np.asarray(variable) for key, variable in variables.items()})
                os.fsync(file.fileno())
        (partial / _STATE).write_text(json.dumps(dataclasses.asdict(state)) + "\n", encoding="utf-8")
    return target


def read_state(checkpoint: str | Path) -> TrainingState:
    """Where the training of a checkpoint stands; raises `InputError` where the file is missing or damaged."""
    path = Path(checkpoint) / _STATE
    try:
        return TypeAdapter(TrainingState).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise _unreadable(path, error) from None


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an npz file, no pickles; raises `InputError` where it is missing or damaged."""
    path = Path(path)
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as npz:
            return dict(npz)
    except Exception as error:  # a damaged zip makes zipfile and NumPy raise nearly anything
        raise _unreadable(path, error) from None


def read_networks(checkpoint: str | Path) -> dict[str, dict[str, np.ndarray]]:
    """The weights of all networks that a checkpoint holds, by name and variable path; raises `InputError` as `read_arrays`."""
    files = {name: Path(checkpoint) / f"{name}.npz" for name in NETWORKS}
    return {name: read_arrays(path) for name, path in files.items() if path.exists()}


def variables_by_path(network: keras.Model) -> dict[str, keras.Variable]:
    """A network's variables by path, without the network's own name, so that networks of any name share files."""
    return {variable.path.split("/", 1)[1]: variable for variable in network.variables}


def network_arrays(network: keras.Model) -> dict[str, np.ndarray]:
    """Copies of a network's weights by path, as a checkpoint holds them."""
    return {path: np.asarray(variable) for path, variable in variables_by_path(network).items()}


def assign_network(network: keras.Model, arrays: Mapping[str, np.ndarray], source: str | Path) -> None:
    """Gives a network the arrays of a checkpoint, by path.

    Raises:
        InputError: other variables, or other shapes, than the network has; the network is as it was.
    """
    variables = variables_by_path(network)
    require_alike(arrays, variables, source)
    assign(variables, arrays)


def require_alike(arrays: Mapping[str, np.ndarray], variables: Mapping[str, keras.Variable], source: str | Path) -> None:
    """Raises `InputError` unless arrays and variables have the same names and shapes."""
    if arrays.keys() != variables.keys() or any(np.shape(arrays[k]) != tuple(v.shape) for k, v in variables.items()):
        raise InputError(f"{source}: holds other variables than the networks; use the configuration that it was trained with")


def assign(variables: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    """Gives variables their arrays, by name."""
    for key, variable in variables.items():
        variable.assign(arrays[key])


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else f"damaged: {type(error).__name__}"
    return InputError(f"{path}: cannot read the checkpoint ({reason}); remove {path.parent} to use an earlier one")
