"""Runs the stages of a prepared training one after another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import keras
import tensorflow as tf

from tfhd.config import Config
from tfhd.data import TrainingData, build_dataset
from tfhd.runs import TrainingState, write_config_and_label_set
from tfhd.training import ImagePool, Pix2PixHD, StepListener, Trainer, build_model, carry_over, weights_of
from tfhd.training.checkpoints import restore
from tfhd.training.listeners import CheckpointWriter, CollapseWatch, LossTable, Profile, SampleGrid, TensorBoardLog

from .changes import TrainedOn, describe, record_start
from .preparation import Inherited, PreparedTraining, Start, stage_steps
from .progress_bar import TrainingProgress
from .stop_request import StopRequest

_SAMPLES = 4


class _Trained(NamedTuple):
    """A stage after its training: whether the next one follows, and what that takes over."""

    state: TrainingState
    done: bool
    inherited: Inherited | None


@dataclass(frozen=True)
class StageRunner:
    """Trains every stage from where a training starts.

    Args:
        training: what all stages share.
        profile: records some of the steps; None records none.
        terminate_on_collapse: whether discriminators that win for long end the training.
    """

    training: PreparedTraining
    profile: Profile | None = None
    terminate_on_collapse: bool = False

    def run(self, stop: StopRequest) -> tuple[TrainingState, bool]:
        """Trains to the last stage's end or a stop.

        Returns:
            Where the training stands, and whether all stages are done.

        Raises:
            InputError: see `Trainer.run`; or inherited weights do not fit, or the disk refused.
        """
        start = self.training.start
        names = list(self.training.config.stages)
        for name in names[names.index(start.stage) :]:
            trained = self._train(start._replace(stage=name), stop)
            start = Start(name, trained.state, inherited=trained.inherited)
            if not trained.done:
                break
        return trained.state, trained.done

    def _train(self, start: Start, stop: StopRequest) -> _Trained:
        whole, cluster, out = self.training.config, self.training.cluster, self.training.out
        config = whole.at(start.stage)
        data = TrainingData(config, cluster.replicas)
        model, pool, state = self._begin(start, config, data)
        steps = stage_steps(whole, start.stage, data)
        held_out = build_dataset(config, "val") if "val" in self.training.splits else None
        trainer = Trainer(model, data, cluster, config.training, held_out, pool)
        if cluster.is_chief:
            if start.stage == self.training.start.stage:
                self._record_start(state, data)
            _describe(model, config, steps, data.order.steps_per_epoch, cluster.replicas)
            with TrainingProgress(start.stage, state.stage_step, steps) as progress:
                state = trainer.run(state, steps, self._listeners(config, model, state, pool, progress), stop)
        else:
            state = trainer.run(state, steps, stop=stop)
        done = state.stage_step == steps
        if start.stage == list(whole.stages)[-1]:
            return _Trained(state, done, None)
        # A stop between stages ends the training too. Several hosts, of which not all may have been asked, agree in a step.
        return _Trained(state, done and (cluster.shard.count > 1 or not stop()), Inherited(weights_of(model), config, out))

    def _record_start(self, state: TrainingState, data: TrainingData) -> None:
        """Writes what the run is and what it changes, once all is known to fit."""
        training, out = self.training, self.training.out
        if training.changes or not os.path.exists(out / "config.json"):
            write_config_and_label_set(out, training.described, training.label_set)
        for line in describe(training.changes):
            print(line)
        trained_on = TrainedOn.of(data, has_files=training.config.data.has_files)
        record_start(out, state.step, trained_on, training.changes)

    def _begin(self, start: Start, config: Config, data: TrainingData) -> tuple[Pix2PixHD, ImagePool | None, TrainingState]:
        """The model and image pool that a stage starts or goes on with, and where it stands."""
        settings = config.training
        # Every stage has its own random start, the same whether the run was interrupted before it or not.
        keras.utils.set_random_seed(settings.seed + list(self.training.config.stages).index(start.stage))
        with self.training.cluster.strategy.scope():
            model = build_model(config, self.training.label_set.num_classes, data.order.steps_per_epoch)
        pool = ImagePool(settings.pool_size, settings.seed) if settings.pool_size else None
        if start.checkpoint is not None:
            pooled = restore(start.checkpoint, model)
            if pool is not None:
                pool.restore(pooled)
            return model, pool, start.state
        if start.inherited is not None:
            carry_over(start.inherited.weights, start.inherited.config, model, config, start.inherited.origin)
        if model.averages is not None:
            model.averages.restart()
        return model, pool, TrainingState(start.stage, start.state.step, 0, data.order.batch_size)

    def _listeners(
        self, config: Config, model: Pix2PixHD, state: TrainingState, pool: ImagePool | None, progress: TrainingProgress
    ) -> list[StepListener]:
        settings, out = config.training, self.training.out
        samples = _samples(config, self.training.splits[-1])
        return [
            LossTable(out / "losses.csv", model.objective.names, state.step),
            TensorBoardLog(out / "tensorboard"),
            SampleGrid(out / "samples", model, samples, self.training.label_set, settings.samples_every),
            progress,
            *self._collapse_watch(config, progress),
            *([self.profile] if self.profile is not None else []),
            CheckpointWriter(out / "checkpoints", model, settings.checkpoint_every, settings.keep, pool),
        ]

    def _collapse_watch(self, config: Config, progress: TrainingProgress) -> list[StepListener]:
        if not config.loss.adversarial_weight:  # discriminators from which nothing learns may win
            return []
        return [CollapseWatch(progress.print_line, config.discriminator.num_scales, self.terminate_on_collapse)]


def _samples(config: Config, split: str) -> dict[str, tf.Tensor]:
    """The first pictures of a split as one batch, those of the first one's size."""
    batches = list(islice(build_dataset(config, split, training=False), _SAMPLES))
    alike = [batch for batch in batches if batch["label"].shape[1:] == batches[0]["label"].shape[1:]]
    return {key: tf.concat([batch[key] for batch in alike], axis=0)[:_SAMPLES] for key in alike[0]}


def _describe(model: Pix2PixHD, config: Config, steps: int, steps_per_epoch: int, replicas: int) -> None:
    sizes = ", ".join(f"{name} {network.count_params():,}" for name, network in model.networks.items())
    where = f" on {replicas} replicas" if replicas > 1 else ""
    (stage,) = config.stages
    print(
        f"stage {stage}: {steps // steps_per_epoch} epochs of {steps_per_epoch} steps at {config.data.width}x{config.data.height}"
        f"{where}; parameters: {sizes}"
    )
