from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfhd.training.weight_averages import WeightAverages


@pytest.fixture
def weights() -> dict[str, keras.Variable]:
    random = np.random.default_rng(0)
    return {
        name: keras.Variable(random.normal(size=shape), dtype="float32", name=name)
        for name, shape in (("a", (3, 2)), ("b", (4,)))
    }


def values(variables: dict[str, keras.Variable]) -> dict[str, np.ndarray]:
    return {name: variable.numpy() for name, variable in variables.items()}


def update(averages: WeightAverages, step: int) -> None:
    averages.update(tf.distribute.get_strategy(), tf.constant(step, tf.int64))


def test_averages_start_at_the_weights_and_do_not_follow_by_themselves(weights):
    averages, before = WeightAverages(weights, 0.9), values(weights)
    for name, weight in weights.items():
        weight.assign(weight + 1)
        np.testing.assert_array_equal(averages.by_path()[name], before[name])
    averages.restart()
    for name, weight in weights.items():
        np.testing.assert_array_equal(averages.by_path()[name], weight)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999])
def test_averages_move_by_the_formula_faster_at_first(weights, decay):
    averages, expected = WeightAverages(weights, decay), values(weights)
    for step in (0, 1, 2, 50, 100_000):
        for weight in weights.values():
            weight.assign(weight * -1.5 + 1)
        update(averages, step)
        used = min(decay, (1 + step) / (10 + step))
        expected = {name: used * expected[name] + (1 - used) * weight.numpy() for name, weight in weights.items()}
        for name, average in averages.by_path().items():
            np.testing.assert_allclose(average, expected[name], rtol=1e-4, atol=1e-5)


def test_averages_of_a_constant_are_the_constant(weights):
    averages = WeightAverages(weights, 0.99)
    for step in range(5):
        update(averages, step)
    for name, weight in weights.items():
        np.testing.assert_array_equal(averages.by_path()[name], weight)


def test_averages_move_in_a_graph_too(weights):
    averages = WeightAverages(weights, 0.5)
    weights["a"].assign(weights["a"] + 10)
    before = averages.by_path()["a"].numpy()
    tf.function(lambda: averages.update(tf.distribute.get_strategy(), tf.constant(1000)))()
    np.testing.assert_allclose(averages.by_path()["a"], before + 5, rtol=1e-5)


def test_networks_compute_with_averages_in_place_and_get_their_weights_back_to_the_bit(weights):
    averages = WeightAverages(weights, 0.9)
    for weight in weights.values():
        weight.assign(weight / 3)
    own, averaged = values(weights), values(averages.by_path())
    with averages.in_place():
        for name, weight in weights.items():
            np.testing.assert_array_equal(weight, averaged[name])
    for name, weight in weights.items():
        np.testing.assert_array_equal(weight, own[name])
        np.testing.assert_array_equal(averages.by_path()[name], averaged[name])


def test_weights_come_back_where_a_validation_fails(weights):
    averages = WeightAverages(weights, 0.9)
    weights["b"].assign([1, 2, 3, 4])
    with pytest.raises(ZeroDivisionError), averages.in_place():
        raise ZeroDivisionError
    np.testing.assert_array_equal(weights["b"], [1, 2, 3, 4])
