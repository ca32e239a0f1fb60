from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

_WARM_UP = 10.0


class WeightAverages:
    """Running averages of weights: `average += (1 - d) * (weight - average)` with `d = min(decay, (1 + step) / (10 + step))`.

    The smaller decay of the first steps forgets the random start sooner. Create it inside the strategy's scope.

    Args:
        variables: what is averaged, by name.
        decay: at least 0 and less than 1; the average looks back over about `1 / (1 - decay)` steps.
    """

    def __init__(self, variables: Mapping[str, keras.Variable], decay: float) -> None:
        self._weights, self.decay = dict(variables), decay
        self._averages = {
            name: keras.Variable(np.asarray(weight), trainable=False, name="average") for name, weight in variables.items()
        }

    def by_path(self) -> dict[str, keras.Variable]:
        """The averages by name."""
        return dict(self._averages)

    def restart(self) -> None:
        """Sets every average to its weight, once weights were given from outside."""
        for name, weight in self._weights.items():
            self._averages[name].assign(weight.value)

    def update(self, strategy: tf.distribute.Strategy, step: tf.Tensor) -> None:
        """Moves every average towards its weight. Call outside replicas, where weights and averages are updated in place.

        Args:
            strategy: the one that the variables were created in.
            step: steps done before.
        """
        step = tf.cast(step, tf.float32)
        rate = 1.0 - tf.minimum(self.decay, (1.0 + step) / (_WARM_UP + step))

        def move(average: tf.Variable, weight: tf.Variable) -> None:
            average.assign_add(rate * (weight - average))

        for name, weight in self._weights.items():
            strategy.extended.update(self._averages[name].value, move, args=(weight.value,), group=False)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it the networks compute with the averages; afterwards with their own weights again, to the bit."""
        own = {name: weight.numpy() for name, weight in self._weights.items()}
        try:
            for name, weight in self._weights.items():
                weight.assign(self._averages[name].value)
            yield
        finally:
            for name, weight in self._weights.items():
                weight.assign(own[name])
