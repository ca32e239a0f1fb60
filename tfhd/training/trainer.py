from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from tfhd.config import TrainingConfig
from tfhd.data import TrainingData
from tfhd.errors import InputError
from tfhd.runs import TrainingState
from tfhd.training.distribution import Cluster
from tfhd.training.image_pool import ImagePool
from tfhd.training.pix2pixhd import Batch, Pix2PixHD
from tfhd.training.step_events import Meter, StepEvent, StepListener

_LOST_WORKER = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
)


@dataclass
class Trainer:
    """Drives one stage on every replica of every host (Keras' `fit` cannot, on several hosts).

    Args:
        model: created and compiled inside the strategy's scope.
        data: the training split.
        cluster: the replicas.
        settings: how often to report and validate.
        held_out: batches to validate on; None never validates.
        pool: earlier fakes; None shows the discriminators only the newest.
    """

    model: Pix2PixHD
    data: TrainingData
    cluster: Cluster
    settings: TrainingConfig
    held_out: tf.data.Dataset | None = None
    pool: ImagePool | None = None

    def run(
        self,
        state: TrainingState,
        steps: int,
        listeners: Sequence[StepListener] = (),
        stop: Callable[[], bool] = lambda: False,
    ) -> TrainingState:
        """Trains until the stage has `steps` steps.

        Args:
            state: where the training stands.
            steps: steps of the whole stage.
            listeners: called after every step, in this order.
            stop: called before every step; true ends the training after that step, on all hosts.

        Returns:
            Where the training stands afterwards.

        Raises:
            InputError: a loss is not finite, a worker was lost, or a listener ends the training.
            Exception: whatever the validation or a listener raises, after all listeners were called.
            tf.errors.OpError: a batch could not be read; see `tfhd.data.input_error_from`.
        """
        self._step = tf.function(self._pooled_step if self.pool else self._plain_step, reduce_retracing=True)
        self._validation_terms = tf.function(self.model.validation_terms, reduce_retracing=True)
        meter = Meter(state.batch_size)
        batches = self._batches(state.stage_step)
        while state.stage_step < steps:
            meter.start_step()
            losses, stopping = self._train(batches, state, stop())
            state = replace(state, step=state.step + 1, stage_step=state.stage_step + 1, validation_l1=None)
            meter.end_step(losses)
            last, errors, validation = state.stage_step == steps, [], {}
            if last or state.stage_step % self.settings.validate_every == 0:
                with _kept(errors):
                    validation = self._validate()
            state = replace(state, validation_l1=validation.get("mean_l1"))
            due = last or validation or state.stage_step % self.settings.log_every == 0
            event = StepEvent(state, losses, meter.report() if due else None, validation, last, stopping)
            for listener in listeners:
                # Whatever goes wrong, the listeners that follow see the training stop, so that its checkpoint is written.
                with _kept(errors):
                    listener.after_step(replace(event, stopping=stopping or bool(errors)))
            if errors:
                raise errors[0]
            if stopping:
                break
        return state

    def _batches(self, first_step: int) -> Iterator[Batch]:
        def of_host(_: tf.distribute.InputContext) -> tf.data.Dataset:
            return self.data.batches(first_step, self.cluster.shard)

        return iter(self.cluster.strategy.distribute_datasets_from_function(of_host))

    def _train(self, batches: Iterator[Batch], state: TrainingState, stop: bool) -> tuple[dict[str, float], bool]:
        try:
            batch = next(batches)
            request = tf.constant(float(stop))
            losses, stopping = self._step_with_pool(batch, request, state) if self.pool else self._step(batch, request)
            values = {name: float(value) for name, value in losses.items()}
        except _LOST_WORKER as error:
            if self.cluster.shard.count == 1:
                raise
            raise InputError(
                f"step {state.step + 1}: another worker was lost ({type(error).__name__}); start all workers again with --resume"
            ) from None
        self._require_finite(values, state)
        return values, bool(stopping)

    def _require_finite(self, losses: Mapping[str, float], state: TrainingState) -> None:
        broken = [name for name, value in losses.items() if not math.isfinite(value)]
        if broken:
            raise InputError(
                f"step {state.step + 1}: {', '.join(broken)} is not finite, on {', '.join(self.data.sources(state.stage_step))}; "
                "look at these files; or lower training.learning_rate, or set training.precision to float32: in the run's "
                "config.json, to go on with --resume from its last checkpoint, if there is one (where it fails too, remove it to "
                "use the one before), or by flags, to start again"
            )

    def _plain_step(self, batch: Batch, stop: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        losses = self.cluster.strategy.run(self.model.train_step, args=(batch,))
        return self._finish(losses, stop)

    def _pooled_step(self, batch: Batch, drawn: Batch, stop: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        losses, fakes = self.cluster.strategy.run(self.model.train_step_with_pool, args=(batch, drawn))
        return *self._finish(losses, stop), fakes

    def _finish(self, losses: dict[str, tf.Tensor], stop: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        strategy = self.cluster.strategy
        if self.model.averages is not None:
            self.model.averages.update(strategy, self.model.steps_done.value)
        means = {name: strategy.reduce("MEAN", value, axis=None) for name, value in losses.items()}
        # Hosts are asked to stop at slightly different times, but must stop after the same step.
        return means, strategy.reduce("SUM", strategy.run(lambda: tf.identity(stop)), axis=None) > 0

    def _step_with_pool(self, batch: Batch, stop: tf.Tensor, state: TrainingState) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        strategy, replicas = self.cluster.strategy, self.cluster.replicas
        host = {key: _on_host(strategy, value) for key, value in batch.items()}
        parts = {key: np.split(array, replicas) for key, array in self.pool.draw(host, state.stage_step).items()}

        def of_replica(context: tf.distribute.ValueContext) -> Batch:
            return {key: tf.constant(part[context.replica_id_in_sync_group]) for key, part in parts.items()}

        drawn = strategy.experimental_distribute_values_from_function(of_replica)
        losses, stopping, fakes = self._step(batch, drawn, stop)
        self.pool.store(host, _on_host(strategy, fakes))
        return losses, stopping

    def _validate(self) -> dict[str, float]:
        """Means over the held-out pictures, on the chief alone; the others wait for it in the next step."""
        if self.held_out is None or not self.cluster.is_chief:
            return {}
        totals, count = {}, 0
        averages = self.model.averages
        with averages.in_place() if averages is not None else nullcontext():
            for batch in self.held_out:
                pictures = len(batch["label"])
                for name, value in self._validation_terms(batch).items():
                    totals[name] = totals.get(name, 0.0) + float(value) * pictures
                count += pictures
        return {name: total / count for name, total in totals.items()}


@contextmanager
def _kept(errors: list[Exception]) -> Iterator[None]:
    """Appends an exception to `errors` instead of letting it pass."""
    try:
        yield
    except Exception as error:
        errors.append(error)


def _on_host(strategy: tf.distribute.Strategy, value: tf.Tensor) -> np.ndarray:
    return np.concatenate([part.numpy() for part in strategy.experimental_local_results(value)])
