"""Runs the stages of a training one after another, from wherever it stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import keras
import tensorflow as tf

from tfhd.config import Config
from tfhd.data import TrainingData, build_dataset
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet
from tfhd.runs import TrainingState, read_run, write_description
from tfhd.runs.checkpoint_files import find_checkpoint, read_arrays, read_state
from tfhd.training import Cluster, ImagePool, Pix2PixHD, StepListener, Trainer, build_model, carry_over, weights_of
from tfhd.training.checkpoints import restore
from tfhd.training.listeners import Checkpoints, CollapseWatch, LossTable, Profile, SampleGrid, TensorBoardLog

from .progress_bar import TrainingProgress
from .stop_request import StopRequest

_SAMPLES = 4


class Inherited(NamedTuple):
    """Weights that a stage starts from."""

    weights: dict
    config: Config
    origin: Path | str


@dataclass(frozen=True)
class StageRunner:
    """What all stages of a training share.

    Args:
        config: the experiment.
        label_set: its classes.
        cluster: the replicas.
        out: the run folder.
        held_out: whether the data has a split val.
        profile: records some of the steps; None records none.
        terminate_on_collapse: whether discriminators that win for long end the training.
    """

    config: Config
    label_set: LabelSet
    cluster: Cluster
    out: Path
    held_out: bool
    profile: Profile | None = None
    terminate_on_collapse: bool = False

    def start(self, stage: str, inherited: Inherited | None, stop: StopRequest) -> tuple[TrainingState, bool]:
        """Trains from the first step of `stage` to the last stage's end or a stop: where it stands, and whether all is done."""
        return self._go_on(stage, TrainingState(), None, inherited, stop)

    def resume(self, stop: StopRequest) -> tuple[TrainingState, bool]:
        """Goes on from the newest checkpoint in the same way."""
        checkpoint = find_checkpoint(self.out / "checkpoints")
        state = read_state(checkpoint)
        data = TrainingData(self.config.at(state.stage), self.cluster.replicas)
        if state.batch_size != data.order.batch_size:
            raise InputError(
                f"{self.out}: was trained with {state.batch_size} pictures a step, now there are {data.order.batch_size} "
                f"({self.cluster.replicas} replicas); go on with as many replicas as before"
            )
        if state.stage_step < self._steps(state.stage, data):
            return self._go_on(state.stage, state, checkpoint, None, stop)
        names = list(self.config.stages)
        if state.stage == names[-1]:
            raise InputError(f"{self.out}: all stages are trained ({state.step} steps); start another run with more epochs")
        inherited = inherit(self.out)
        return self._go_on(names[names.index(state.stage) + 1], state, None, inherited, stop)

    def _go_on(
        self, stage: str, state: TrainingState, checkpoint: Path | None, inherited: Inherited | None, stop: StopRequest
    ) -> tuple[TrainingState, bool]:
        names = list(self.config.stages)
        for name in names[names.index(stage) :]:
            state, inherited, done = self._train(name, state, checkpoint, inherited, stop)
            checkpoint = None
            if not done:
                break
        return state, done

    def _train(
        self, name: str, state: TrainingState, checkpoint: Path | None, inherited: Inherited | None, stop: StopRequest
    ) -> tuple[TrainingState, Inherited | None, bool]:
        config = self.config.at(name)
        data = TrainingData(config, self.cluster.replicas)
        steps = self._steps(name, data)
        # Every stage has its own random start, the same whether the run was interrupted before it or not.
        keras.utils.set_random_seed(config.training.seed + list(self.config.stages).index(name))
        with self.cluster.strategy.scope():
            model = build_model(config, self.label_set.num_classes, data.order.steps_per_epoch)
        pool = ImagePool(config.training.pool_size, config.training.seed) if config.training.pool_size else None
        if checkpoint is not None:
            pooled = restore(checkpoint, model)
            if pool is not None:
                pool.restore(pooled)
        else:
            state = TrainingState(name, state.step, 0, data.order.batch_size)
            if inherited is not None:
                carry_over(inherited.weights, inherited.config, model, config, inherited.origin)
            if model.averages is not None:
                model.averages.restart()
        held_out = build_dataset(config, "val") if self.held_out else None
        trainer = Trainer(model, data, self.cluster, config.training, held_out, pool)
        if self.cluster.is_chief:
            if not os.path.exists(self.out / "config.json"):  # nothing is written before all is known to fit
                write_description(self.out, self.config, self.label_set)
            _describe(model, config, name, steps, data.order.steps_per_epoch, self.cluster.replicas)
            with TrainingProgress(name, state.stage_step, steps) as progress:
                state = trainer.run(state, steps, self._listeners(config, model, state, pool, progress), stop)
        else:
            state = trainer.run(state, steps, stop=stop)
        if name == list(self.config.stages)[-1]:
            return state, None, state.stage_step == steps
        # A stop between stages ends the training too. Several hosts, of which not all may have been asked, agree in a step.
        done = state.stage_step == steps and (self.cluster.shard.count > 1 or not stop())
        return state, Inherited(weights_of(model), config, self.out), done

    def _steps(self, stage: str, data: TrainingData) -> int:
        settings = self.config.stages[stage]
        return (settings.epochs + settings.decay_epochs) * data.order.steps_per_epoch

    def _listeners(
        self, config: Config, model: Pix2PixHD, state: TrainingState, pool: ImagePool | None, progress: TrainingProgress
    ) -> list[StepListener]:
        settings = config.training
        return [
            LossTable(self.out / "losses.csv", model.loss_names, state.step),
            TensorBoardLog(self.out / "tensorboard"),
            SampleGrid(
                self.out / "samples",
                model,
                _samples(config, "val" if self.held_out else "train"),
                self.label_set,
                settings.samples_every,
            ),
            progress,
            CollapseWatch(progress.tell, config.discriminator.num_scales, self.terminate_on_collapse),
            *([self.profile] if self.profile is not None else []),
            Checkpoints(self.out / "checkpoints", model, settings.checkpoint_every, settings.keep, pool),
        ]


def inherit(run: Path) -> Inherited:
    """All weights of a run folder's newest checkpoint, to start from; raises `InputError` where there are none."""
    config, checkpoint = read_run(run)
    files = {name: checkpoint / f"{name}.npz" for name in ("generator", "discriminator", "encoder")}
    return Inherited({name: read_arrays(path) for name, path in files.items() if path.exists()}, config, run)


def _samples(config: Config, split: str) -> dict[str, tf.Tensor]:
    """The first pictures of a split as one batch, those of the first one's size."""
    batches = [batch for batch in islice(build_dataset(config, split, training=False), _SAMPLES)]
    alike = [batch for batch in batches if batch["label"].shape[1:] == batches[0]["label"].shape[1:]]
    return {key: tf.concat([batch[key] for batch in alike], axis=0)[:_SAMPLES] for key in alike[0]}


def _describe(model: Pix2PixHD, config: Config, stage: str, steps: int, steps_per_epoch: int, replicas: int) -> None:
    counts = {"generator": model.generator, "discriminator": model.discriminator, "encoder": model.encoder}
    sizes = ", ".join(f"{name} {network.count_params():,}" for name, network in counts.items() if network)
    where = f" on {replicas} replicas" if replicas > 1 else ""
    print(
        f"stage {stage}: {steps // steps_per_epoch} epochs of {steps_per_epoch} steps at {config.data.width}x{config.data.height}"
        f"{where}; parameters: {sizes}"
    )
