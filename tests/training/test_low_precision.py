"""Long runs in float16, whose range small losses and large gradients leave."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.tiny_training import random_batch, tiny_model
from tfhd.training import Pix2PixHD

STEPS, EVERY = 500, 50


def test_float16_survives_500_steps_with_an_overflow_every_50():
    model = tiny_model("mixed_float16")
    optimizers = (model.generator_optimizer, model.discriminator_optimizer)
    batches = [random_batch(seed) for seed in range(4)]
    step = tf.function(model.train_step)
    skipped = [0, 0]
    for number in range(STEPS):
        before = [int(optimizer.inner_optimizer.iterations.numpy()) for optimizer in optimizers]
        scales = [float(optimizer.dynamic_scale.numpy()) for optimizer in optimizers]
        overflow = number % EVERY == EVERY - 1
        for optimizer in optimizers if overflow else ():
            optimizer.dynamic_scale.assign(1e38)
        losses = step(batches[number % len(batches)])
        assert all(np.isfinite(float(value)) for value in losses.values()), number
        for i, optimizer in enumerate(optimizers):
            skipped[i] += int(optimizer.inner_optimizer.iterations.numpy()) == before[i]
            if overflow:
                assert float(optimizer.dynamic_scale.numpy()) < 1e38
                optimizer.dynamic_scale.assign(scales[i])
    # The forced ones, and at the start those in which the scale is looked for.
    assert all(STEPS // EVERY <= count <= STEPS // EVERY + 20 for count in skipped)
    weights = np.concatenate([v.numpy().ravel() for v in model.generator.variables + model.discriminator.variables])
    assert np.isfinite(weights).all()
    assert int(model.steps_done.numpy()) == STEPS
    assert mean_l1(model, batches) < mean_l1(tiny_model("mixed_float16"), batches)


def mean_l1(model: Pix2PixHD, batches: list[dict[str, tf.Tensor]]) -> float:
    return np.mean([float(model.validation_terms(batch)["mean_l1"]) for batch in batches])
