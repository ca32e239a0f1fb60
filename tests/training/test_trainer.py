from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.tiny_run import LABEL_SET
from tests.tiny_training import LOSS_NAMES, training_config
from tfhd.config import Config
from tfhd.data import TrainingData, build_dataset
from tfhd.errors import InputError
from tfhd.runs.checkpoint_files import TrainingState
from tfhd.training import ImagePool, Pix2PixHD, StepEvent, StepListener, Trainer, build_model, open_cluster
from tfhd.training.checkpoints import restore, save_checkpoint

STEPS, STOPPED = 7, 3
"""An epoch has four steps, so both lie within one."""
START = TrainingState("joint", step=100)
"""A hundred steps were done in an earlier stage."""


@dataclass
class Recorder:
    """Keeps what it is told, and the order in which listeners are."""

    name: str = ""
    order: list[str] = field(default_factory=list)
    events: list[StepEvent] = field(default_factory=list)

    def after_step(self, event: StepEvent) -> None:
        self.events.append(event)
        self.order.append(self.name)


class Training:
    """A tiny model with everything that a training may have, and its trainer."""

    final: TrainingState
    checkpoint: Path

    def __init__(self, photos: Path, seed: int = 0, data: dict | None = None, **settings) -> None:
        tiny = training_config(
            training={"average_decay": 0.8, "pool_size": 2, "log_every": 2, "validate_every": 3, "seed": 4} | settings
        )
        source = replace(tiny.data, root=str(photos), label_set=str(photos / "labels.json"), **data or {})
        self.config: Config = replace(tiny, data=source)
        keras.utils.set_random_seed(seed)
        self.model: Pix2PixHD = build_model(self.config, LABEL_SET.num_classes, steps_per_epoch=4)
        self.pool = ImagePool(2, self.config.training.seed) if self.config.training.pool_size else None
        self.recorder = Recorder()
        self.trainer = Trainer(
            self.model,
            TrainingData(self.config),
            open_cluster(),
            self.config.training,
            build_dataset(self.config, "val"),
            self.pool,
        )

    def run(self, state: TrainingState, steps: int, *more: StepListener, stop=lambda: False) -> TrainingState:
        return self.trainer.run(state, steps, [self.recorder, *more], stop)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that decides how the training goes on."""
        model = self.model
        variables = model.generator.variables + model.discriminator.variables + model.encoder.variables
        found = {variable.path: variable.numpy() for variable in variables}
        for name in ("generator_optimizer", "discriminator_optimizer"):
            found |= {f"{name}/{i}": variable.numpy() for i, variable in enumerate(getattr(model, name).variables)}
        found |= {f"averages/{path}": variable.numpy() for path, variable in model.averages.by_path().items()}
        found |= {f"pool/{key}": array.copy() for key, array in self.pool.arrays().items()}
        return found | {"steps_done": model.steps_done.numpy()}


@pytest.fixture(scope="module")
def whole(photos) -> Training:
    """Seven steps without an interruption."""
    training = Training(photos)
    training.final = training.run(START, STEPS)
    return training


@pytest.fixture(scope="module")
def stopped(photos, tmp_path_factory) -> Training:
    """The same training, asked to stop in its third step; `checkpoint` is what it saved, `order` who was told when."""
    training = Training(photos)
    second = Recorder("second", training.recorder.order)
    training.recorder.name = "first"
    asked = iter([False, False, True])
    training.final = training.run(START, STEPS, second, stop=lambda: next(asked))
    training.checkpoint = save_checkpoint(
        tmp_path_factory.mktemp("stopped"), training.model, training.final, training.pool.arrays()
    )
    return training


def test_listeners_are_told_of_every_step_and_the_last(whole):
    states = [event.state for event in whole.recorder.events]
    assert [(state.stage, state.step, state.stage_step) for state in states] == [
        ("joint", 100 + step, step) for step in range(1, STEPS + 1)
    ]
    assert [event.last for event in whole.recorder.events] == [False] * (STEPS - 1) + [True]
    assert not any(event.stopping for event in whole.recorder.events)
    assert whole.final == states[-1]
    assert int(whole.model.steps_done.numpy()) == STEPS


def test_pictures_are_validated_every_few_steps_and_at_the_end(whole):
    validated = {event.state.stage_step: event for event in whole.recorder.events if event.validation}
    assert list(validated) == [3, 6, 7]
    for event in validated.values():
        assert set(event.validation) == {*LOSS_NAMES, "mean_l1"}
        assert 0 < event.validation["mean_l1"] < 1
        assert event.state.validation_l1 == event.validation["mean_l1"]
    unmeasured = [event.state for event in whole.recorder.events if not event.validation]
    assert {state.validation_l1 for state in unmeasured} == {None}


def test_the_averages_are_what_is_validated(whole):
    (batch,) = whole.trainer.held_out
    with whole.model.averages.in_place():
        expected = np.abs(whole.model(batch) - batch["image"]).mean() / 2
    assert whole.final.validation_l1 == pytest.approx(expected, rel=1e-4)
    assert whole.final.validation_l1 != pytest.approx(np.abs(whole.model(batch) - batch["image"]).mean() / 2, rel=1e-6)


def test_reports_hold_the_means_since_the_last_one(whole):
    reports, since = {}, []
    for event in whole.recorder.events:
        since.append(event.losses)
        if event.interval is not None:
            reports[event.state.stage_step] = (event.interval.losses, since)
            since = []
    assert list(reports) == [2, 3, 4, 6, 7]
    for losses, steps in reports.values():
        assert list(losses) == list(LOSS_NAMES)
        for name in LOSS_NAMES:
            assert losses[name] == pytest.approx(np.mean([step[name] for step in steps]))


def test_a_training_that_is_asked_to_stop_finishes_the_step(stopped):
    assert [event.stopping for event in stopped.recorder.events] == [False, False, True]
    assert [event.last for event in stopped.recorder.events] == [False] * 3
    assert (stopped.final.step, stopped.final.stage_step) == (103, STOPPED)


def test_listeners_are_told_in_their_order(stopped):
    assert stopped.recorder.order == ["first", "second"] * STOPPED


def test_a_training_resumed_within_an_epoch_ends_as_the_uninterrupted_one_to_the_bit(photos, whole, stopped):
    resumed = Training(photos, seed=9)
    resumed.pool.restore(restore(stopped.checkpoint, resumed.model))
    assert resumed.run(stopped.final, STEPS) == whole.final
    got, want = resumed.arrays(), whole.arrays()
    assert got.keys() == want.keys()
    for name in want:
        np.testing.assert_array_equal(got[name], want[name], err_msg=name)
    losses = [event.losses for event in stopped.recorder.events + resumed.recorder.events]
    assert losses == [event.losses for event in whole.recorder.events]


def test_networks_that_mirror_their_input_resume_to_the_bit(photos, tmp_path):
    padded = {"fit": "pad", "height": 29, "width": 45}
    whole, stopped, resumed = (Training(photos, seed, padded) for seed in (0, 0, 9))
    wanted, middle = whole.run(START, 2), stopped.run(START, 1)
    resumed.pool.restore(restore(save_checkpoint(tmp_path, stopped.model, middle, stopped.pool.arrays()), resumed.model))
    assert resumed.run(middle, 2) == wanted
    got = resumed.arrays()
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(got[name], array, err_msg=name)


def test_a_finished_stage_is_left_as_it_is(photos, whole):
    before = whole.arrays()
    assert whole.trainer.run(whole.final, STEPS) == whole.final
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_loss_that_is_not_finite_ends_the_training_with_its_step_and_files(photos):
    training = Training(photos, pool_size=0, average_decay=0.0)
    kernel = training.model.discriminator.scales[0].variables[0]

    class Break:
        def after_step(self, event: StepEvent) -> None:
            if event.state.stage_step == 2:
                kernel.assign(kernel * np.nan)

    with pytest.raises(InputError) as caught:
        training.run(START, 4, Break())
    text, (source,) = str(caught.value), training.trainer.data.sources(2)
    assert text.startswith("step 103: ")
    assert "discriminator_real" in text.split(" is not finite")[0]
    assert Path(source).is_file()
    assert f"is not finite, on {source}; look at" in text
    assert "--resume" in text
    assert "\n" not in text
    assert len(training.recorder.events) == 2, "no listener is told of such a step, so none saves it"


def test_without_held_out_pictures_nothing_is_validated(photos):
    training = Training(photos, pool_size=0, average_decay=0.0, validate_every=1)
    training.trainer.held_out = None
    state = training.run(TrainingState("global"), 1)
    (event,) = training.recorder.events
    assert event.last
    assert event.interval is not None
    assert (dict(event.validation), state.validation_l1) == ({}, None)
