"""A trained run, opened for use: to cluster styles, evaluate or export, not to train on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from tfhd.config import Config, Precision
from tfhd.errors import InputError
from tfhd.files import replaced_file
from tfhd.label_sets import LabelSet, load_label_set
from tfhd.networks import Networks, build_networks
from tfhd.runs.checkpoint_files import (
    AVERAGES,
    TrainingState,
    WhichCheckpoint,
    assign_network,
    find_checkpoint,
    read_arrays,
    read_state,
    variables_by_path,
    write_checkpoint,
)
from tfhd.styles import StyleTable

WhichWeights = Literal["averaged", "raw"]

STYLES = "styles.npz"


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """What a run folder holds, with the networks as one of its checkpoints has them.

    Attributes:
        folder: the run's.
        config: of the checkpoint's stage.
        label_set: its classes.
        networks: generator and encoder with the checkpoint's weights; the discriminator, which only training needs, keeps
            random ones.
        weights_name: the weights in words: `step-00000500 averaged`.
        which_checkpoint: how the checkpoint was chosen.
        which_weights: which of its weights were chosen.
    """

    folder: Path
    config: Config
    label_set: LabelSet
    networks: Networks
    weights_name: str
    which_checkpoint: WhichCheckpoint
    which_weights: WhichWeights

    def styles(self) -> StyleTable | None:
        """The style table that was made with these weights; None where the run has no encoder.

        Raises:
            InputError: there is none, it cannot be read, or it belongs to other weights or classes.
        """
        channels = self.config.encoder.feature_channels
        if not channels:
            return None
        path = self.folder / STYLES
        command = f"`tfhd train styles {self.folder} --checkpoint {self.which_checkpoint} --weights {self.which_weights}`"
        if not path.exists():
            raise InputError(f"{path}: no style table there; write it with {command}")
        table = StyleTable.load(path)
        if (table.centers.shape[0], table.centers.shape[2]) != (self.label_set.num_classes, channels):
            raise InputError(
                f"{path}: holds {table.centers.shape[0]} classes of {table.centers.shape[2]} channels, but the run has "
                f"{self.label_set.num_classes} of {channels}; write it anew with {command}"
            )
        if table.origin not in ("", self.weights_name):
            raise InputError(
                f"{path}: was made with the weights {table.origin}, but the model has {self.weights_name}; write it anew with "
                f"{command}, or export with the --checkpoint and --weights that it was made with"
            )
        return table


def load_run(
    folder: str | Path,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
    *,
    precision: Precision | None = None,
    root: str | None = None,
) -> TrainedRun:
    """Opens a run folder for use.

    Args:
        folder: what `tfhd train fit` or `import-torch` wrote.
        checkpoint: see `find_checkpoint`.
        weights: averaged: the running averages where the run keeps them; raw: those of the last step.
        precision: of the arithmetic; None for that of the training.
        root: the data's folder, where it is no longer that of config.json.

    Raises:
        InputError: the folder holds no run, or no checkpoint, or one that is damaged.
    """
    folder = Path(folder)
    config, path = read_run(folder, checkpoint)
    label_set = load_label_set(folder / "label_set.json")
    # What is recomputed in the backward pass would be custom gradients in a SavedModel, which warns of them when it is loaded.
    training = dataclasses.replace(config.training, recompute=False, precision=precision or config.training.precision)
    networks = build_networks(dataclasses.replace(config, training=training), label_set.num_classes)
    averages = path / f"{AVERAGES}.npz"
    averaged = read_arrays(averages) if weights == "averaged" and averages.exists() else None
    for name, network in networks.for_synthesis().items():
        if averaged is None:
            assign_network(network, read_arrays(path / f"{name}.npz"), path / f"{name}.npz")
        else:
            assign_network(network, _of_network(averaged, name), averages)
    if root is not None:
        # A label set that lay beside data that moved has moved as well; the run has its own copy.
        data = dataclasses.replace(config.data, root=root, label_set=str(folder / "label_set.json"))
        config = dataclasses.replace(config, data=data)
    weights_name = f"{path.name} {'raw' if averaged is None else 'averaged'}"
    return TrainedRun(folder, config, label_set, networks, weights_name, checkpoint, weights)


def read_run(folder: str | Path, which: WhichCheckpoint = "latest") -> tuple[Config, Path]:
    """A run folder's checkpoint, and the configuration of the stage that wrote it; raises `InputError` where there is none."""
    config = Config.load(Path(folder) / "config.json")
    checkpoint = find_checkpoint(Path(folder) / "checkpoints", which)
    stage = read_state(checkpoint).stage or list(config.stages)[-1]
    if stage not in config.stages:
        raise InputError(f"{checkpoint}: is of stage {stage!r}, which {folder}/config.json does not name; use the run's own file")
    return config.at(stage), checkpoint


def write_config_and_label_set(folder: Path, config: Config, label_set: LabelSet) -> None:
    """Writes label_set.json and config.json, by which a folder is known as a run.

    Raises:
        InputError: the folder or a file cannot be written; neither file is left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The label set takes its name first: a run that has its configuration has all.
        with replaced_file(folder / "config.json") as configuration, replaced_file(folder / "label_set.json") as classes:
            classes.write_text(label_set.to_json(), encoding="utf-8")
            configuration.write_text(config.to_json(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot write the run folder ({error.strerror}); choose another --out") from None


def write_networks(folder: str | Path, networks: Mapping[str, keras.Model]) -> Path:
    """Writes networks that were trained elsewhere to `folder/checkpoints`: enough to use or to start from, not to resume.

    Args:
        folder: the run's.
        networks: by name: generator, discriminator, encoder; those that are known.

    Returns:
        The checkpoint's path.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    parts = {name: variables_by_path(network) for name, network in networks.items()}
    return write_checkpoint(Path(folder) / "checkpoints", TrainingState(), parts)


def _of_network(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}
