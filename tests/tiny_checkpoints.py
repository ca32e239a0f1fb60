"""Checkpoints of a model of a few thousand weights, and what they must give back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.tiny_training import random_batch, tiny_model
from tfhd.runs.checkpoint_files import TrainingState, list_checkpoints
from tfhd.training import Pix2PixHD

STATE = TrainingState("global", 12, 2, 4, 0.25)
"""Of a checkpoint of `trained_model`: ten steps were done in earlier stages."""


def at(step: int, stage: str = "global", l1: float | None = None) -> TrainingState:
    return TrainingState(stage, step, step, 1, l1)


def saved_steps(folder: Path) -> list[int]:
    """Steps of the checkpoints in `folder`."""
    return [int(path.name.removeprefix("step-")) for path in list_checkpoints(folder)]


def trained_model() -> Pix2PixHD:
    """A model with averages after two steps."""
    model = tiny_model(training={"average_decay": 0.9})
    for step in range(2):
        model.train_step(random_batch(step))
        update_averages(model)
    return model


def update_averages(model: Pix2PixHD) -> None:
    model.averages.update(tf.distribute.get_strategy(), model.steps_done.value)


def variables(model: Pix2PixHD) -> dict[str, np.ndarray]:
    """Everything that decides how a training goes on."""
    networks = model.generator.variables + model.discriminator.variables + model.encoder.variables
    optimizers = [model.generator_optimizer, model.discriminator_optimizer]
    found = {variable.path: variable.numpy() for variable in networks}
    found |= {f"{i}/{j}": v.numpy() for i, optimizer in enumerate(optimizers) for j, v in enumerate(optimizer.variables)}
    found |= {f"averages/{path}": variable.numpy() for path, variable in model.averages.by_path().items()}
    return found | {"steps_done": model.steps_done.numpy()}


def assert_same(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> None:
    assert got.keys() == want.keys()
    for name, array in want.items():
        np.testing.assert_array_equal(got[name], array, err_msg=name)
