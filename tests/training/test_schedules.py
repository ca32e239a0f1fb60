from __future__ import annotations

import keras
import numpy as np
import pytest

from tfhd.training import ConstantThenLinearDecay


def rates(schedule: ConstantThenLinearDecay, *steps: int) -> list[float]:
    return [float(schedule(step)) for step in steps]


def test_constant_then_a_straight_line_to_zero():
    schedule = ConstantThenLinearDecay(2e-4, constant_steps=100, decay_steps=50)
    assert rates(schedule, 0, 50, 100, 125, 149, 150, 10_000) == pytest.approx([2e-4, 2e-4, 2e-4, 1e-4, 4e-6, 0.0, 0.0], rel=1e-5)


def test_without_decay_the_rate_stays_until_the_last_step():
    assert rates(ConstantThenLinearDecay(0.5, constant_steps=10, decay_steps=0), 0, 9, 10) == [0.5, 0.5, 0.5]


def test_decay_from_the_first_step():
    assert rates(ConstantThenLinearDecay(1.0, constant_steps=0, decay_steps=4), 0, 1, 2, 3, 4) == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_exact_after_millions_of_steps():
    schedule = ConstantThenLinearDecay(1.0, constant_steps=5_000_000, decay_steps=1_000_000)
    assert rates(schedule, 5_000_000, 5_250_000, 6_000_000) == [1.0, 0.75, 0.0]


def test_an_optimizer_follows_it():
    optimizer = keras.optimizers.SGD(ConstantThenLinearDecay(1.0, constant_steps=2, decay_steps=2))
    weight = keras.Variable(0.0)
    moved = []
    for _ in range(6):
        before = float(weight)
        optimizer.apply([np.float32(-1.0)], [weight])
        moved.append(float(weight) - before)
    assert moved == pytest.approx([1.0, 1.0, 1.0, 0.5, 0.0, 0.0])


def test_serialization_round_trip():
    schedule = ConstantThenLinearDecay(2e-4, 3, 4)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert copy.get_config() == schedule.get_config() == {"rate": 2e-4, "constant_steps": 3, "decay_steps": 4}
