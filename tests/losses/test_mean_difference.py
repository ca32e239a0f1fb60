from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfhd.losses.mean_difference import mean_absolute_difference


def test_the_value_and_its_gradient_are_those_of_the_mean():
    real, fake = (tf.constant(array) for array in np.random.default_rng(0).normal(size=(2, 2, 5, 7, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch((real, fake))
        value = 3.0 * mean_absolute_difference(real, fake)
    by_real, by_fake = tape.gradient(value, (real, fake))
    assert float(value) == pytest.approx(3 * np.abs(real - fake).mean(), rel=1e-6)
    assert by_real is None or not np.any(by_real)
    np.testing.assert_allclose(by_fake, 3 * np.sign(fake - real) / tf.size(fake).numpy(), rtol=1e-6)


def test_equal_tensors_have_no_gradient():
    same = tf.ones((1, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(same)
        value = mean_absolute_difference(tf.ones((1, 2, 2, 1)), same)
    assert not np.any(tape.gradient(value, same))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_low_precision_is_averaged_in_float32(dtype):
    value = mean_absolute_difference(tf.zeros((1, 512, 512, 1), dtype), tf.ones((1, 512, 512, 1), dtype))
    assert value.dtype == tf.float32
    assert float(value) == 1.0
