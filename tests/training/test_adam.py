from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfhd.training.adam import Adam
from tfhd.training.schedules import ConstantThenLinearDecay

SETTINGS = {"learning_rate": 1e-2, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8}
SHAPES = ((3, 3, 4, 5), (5,))


def variables() -> list[keras.Variable]:
    return [keras.Variable(np.random.default_rng(0).normal(size=shape).astype("float32")) for shape in SHAPES]


def gradients(step: int) -> list[tf.Tensor]:
    random = np.random.default_rng(step)
    return [tf.constant(random.normal(size=shape) * 10.0**-step, tf.float32) for shape in SHAPES]


def after_steps(optimizer: keras.optimizers.Optimizer, compiled: bool | None = None, count: int = 6) -> list[np.ndarray]:
    """What weights become; `compiled` None runs eagerly, False as a graph, True under XLA."""
    moved = variables()
    optimizer.build(moved)

    def apply(*grads: tf.Tensor) -> None:
        optimizer.apply(list(grads), moved)

    run = apply if compiled is None else tf.function(apply, jit_compile=compiled)
    for step in range(count):
        run(*gradients(step))
    return [variable.numpy() for variable in moved]


def assert_same(got: list[np.ndarray], want: list[np.ndarray]) -> None:
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("compiled", [None, False, True])
def test_steps_are_those_of_keras(compiled):
    assert_same(after_steps(Adam(**SETTINGS), compiled), after_steps(keras.optimizers.Adam(**SETTINGS)))


def test_a_schedule_is_followed():
    schedule = ConstantThenLinearDecay(1e-2, 2, 4)
    rest = {name: value for name, value in SETTINGS.items() if name != "learning_rate"}
    assert_same(after_steps(Adam(schedule, **rest)), after_steps(keras.optimizers.Adam(schedule, **rest)))


def test_gradients_accumulate_as_in_keras():
    options = SETTINGS | {"gradient_accumulation_steps": 2}
    assert_same(after_steps(Adam(**options), False), after_steps(keras.optimizers.Adam(**options)))


def test_a_loss_scale_around_it_is_taken_back():
    scaled = keras.optimizers.LossScaleOptimizer(Adam(**SETTINGS), initial_scale=1.0)
    assert_same(after_steps(scaled, False), after_steps(keras.optimizers.Adam(**SETTINGS)))


def test_mirrored_variables_are_updated():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        moved, optimizer = variables(), Adam(**SETTINGS)
        optimizer.build(moved)

    @tf.function
    def step(grads: list[tf.Tensor]) -> None:
        strategy.run(lambda: optimizer.apply([tf.identity(gradient) for gradient in grads], moved))

    for number in range(6):
        step(gradients(number))
    assert_same([variable.numpy() for variable in moved], after_steps(keras.optimizers.Adam(**SETTINGS)))


def test_configuration_survives_serialization():
    optimizer = Adam(ConstantThenLinearDecay(1e-3, 3, 4), 0.5, 0.99, epsilon=1e-8)
    revived = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(revived) is Adam
    assert revived.get_config() == optimizer.get_config()


def test_amsgrad_is_refused():
    with pytest.raises(ValueError, match="has no amsgrad"):
        Adam(amsgrad=True)
