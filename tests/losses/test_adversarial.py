from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from tfhd.losses import discriminator_loss, generator_loss

FEATURES = tf.fill((2, 4, 4, 8), 1e6)  # an adversarial loss reads the judgements only
KINDS = ("least_squares", "hinge", "vanilla")


def scales(*judgements: list[float], dtype: str = "float32") -> list[list[tf.Tensor]]:
    return [[FEATURES, tf.reshape(tf.constant(values, dtype), (1, -1, 1, 1))] for values in judgements]


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("kind", "real", "expected"),
    [
        ("least_squares", True, (0.25 + 9) / 2 + 0.0),
        ("least_squares", False, (0.25 + 4) / 2 + 1.0),
        ("hinge", True, (0.5 + 3) / 2 + 0.0),
        ("hinge", False, (1.5 + 0) / 2 + 2.0),
        ("vanilla", True, (softplus(-0.5) + softplus(2)) / 2 + softplus(-1)),
        ("vanilla", False, (softplus(0.5) + softplus(-2)) / 2 + softplus(1)),
    ],
)
def test_discriminator_loss_is_the_mean_over_patches_summed_over_scales(kind, real, expected):
    assert float(discriminator_loss(scales([0.5, -2.0], [1.0]), real, kind)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("least_squares", (0.25 + 9) / 2),
        ("hinge", 0.75 - 1.0),
        ("vanilla", (softplus(-0.5) + softplus(2)) / 2 + softplus(-1)),
    ],
)
def test_generator_loss_asks_for_the_judgement_of_photos(kind, expected):
    assert float(generator_loss(scales([0.5, -2.0], [1.0]), kind)) == pytest.approx(expected, rel=1e-6)


def test_least_squares_is_the_default():
    outputs = scales([0.5, -2.0])
    assert float(generator_loss(outputs)) == float(generator_loss(outputs, "least_squares"))
    assert float(discriminator_loss(outputs, False)) == float(discriminator_loss(outputs, False, "least_squares"))


@pytest.mark.parametrize("kind", KINDS)
def test_extreme_judgements_give_finite_losses_and_gradients(kind):
    judgement = tf.constant([[[[-1e4]], [[1e4]]]])
    with tf.GradientTape() as tape:
        tape.watch(judgement)
        outputs = [[judgement]]
        losses = [
            generator_loss(outputs, kind),
            discriminator_loss(outputs, True, kind),
            discriminator_loss(outputs, False, kind),
        ]
        total = tf.add_n(losses)
    assert np.isfinite(losses).all()
    assert np.isfinite(tape.gradient(total, judgement)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_judgements_give_float32_losses(kind, dtype):
    # 300 squared overflows float16, and 257 is no bfloat16.
    outputs = scales([300.0], dtype=dtype)
    for loss in (generator_loss(outputs, kind), discriminator_loss(outputs, False, kind)):
        assert loss.dtype == tf.float32
        assert np.isfinite(loss)
    assert float(discriminator_loss(scales([256.0], dtype=dtype), False, "hinge")) == 257
