from __future__ import annotations

import pytest
import tensorflow as tf

from tests.tiny_training import LOSS_NAMES, random_batch, tiny_model
from tfhd.config import LossConfig
from tfhd.training.objective import Objective, Term


def test_a_term_without_a_weight_is_named_only_if_it_always_is():
    assert Objective(LossConfig()).names == LOSS_NAMES
    assert Objective(LossConfig(feature_matching_weight=0.0)).names == LOSS_NAMES
    assert Objective(LossConfig(l1_weight=2.0)).names == (*LOSS_NAMES, "l1")


def test_each_optimizer_minimizes_its_own_terms_the_discriminators_half_of_theirs():
    objective = Objective(LossConfig(l1_weight=2.0))
    losses = {name: tf.constant(10.0**i) for i, name in enumerate(objective.names)}
    assert float(objective.total(losses, "generator")) == 100111.0
    assert float(objective.total(losses, "discriminator")) == 5500.0


@pytest.mark.parametrize("early", [False, True])
def test_a_new_term_is_reported_weighted_and_trained_on(early):
    batch, plain, model = random_batch(), tiny_model(), tiny_model()
    brightness = Term("brightness", "generator", 50.0, lambda it: tf.reduce_mean(it.fake), early=early)
    model.objective.terms += (brightness,)
    losses = plain.train_step(batch) | {"brightness": 50.0 * tf.reduce_mean(tiny_model()(batch))}
    expected = {name: float(value) for name, value in losses.items()}
    assert {name: float(value) for name, value in model.train_step(batch).items()} == pytest.approx(expected, rel=1e-4)
    assert tf.reduce_mean(model(batch)) < tf.reduce_mean(plain(batch))
