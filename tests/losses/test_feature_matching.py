from __future__ import annotations

import pytest
import tensorflow as tf

from tfhd.losses import feature_matching_loss


def features(*scales: list[float], dtype: str = "float32") -> list[list[tf.Tensor]]:
    """Per scale a list of constant maps, each of another size, as a discriminator gives them."""
    return [[tf.fill((1, 8 >> i, 4, 2), tf.constant(value, dtype)) for i, value in enumerate(layers)] for layers in scales]


def test_layers_weigh_four_over_their_number_and_scales_their_share():
    real = features([0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0])
    fake = features([1.0, -2.0, 3.0, 0.5, 0.0], [0.0, 0.0, 0.0, 4.0, 0.0])
    # four layers below the judgement: 4 / 4 each; two scales: 1 / 2 each
    assert float(feature_matching_loss(real, fake)) == pytest.approx((1 + 2 + 3 + 0.5) / 2 + 4 / 2)
    # two layers below the judgement: 4 / 2 each
    assert float(feature_matching_loss(features([0.0, 0.0, 0.0]), features([1.0, 3.0, 9.0]))) == pytest.approx(2 + 6)


def test_the_judgement_is_not_compared():
    assert float(feature_matching_loss(features([1.0, 2.0, 0.0]), features([1.0, 2.0, 100.0]))) == 0


def test_gradients_reach_the_generated_picture_only():
    real, fake = features([1.0, 2.0, 0.0]), features([0.0, 0.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = feature_matching_loss(real, fake)
    of_real, of_fake = tape.gradient(loss, [real, fake])
    assert of_real == [[None, None, None]]
    assert of_fake[0][-1] is None
    assert all(float(tf.reduce_max(gradient)) < 0 for gradient in of_fake[0][:-1])


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_features_give_a_float32_loss(dtype):
    # The difference is no bfloat16, and its sum over the map no float16.
    loss = feature_matching_loss(features([-1.0, 0.0], dtype=dtype), features([256.0, 0.0], dtype=dtype))
    assert loss.dtype == tf.float32
    assert float(loss) == 4 * 257


def test_unequal_numbers_of_scales_are_refused():
    with pytest.raises(ValueError, match="zip"):
        feature_matching_loss(features([0.0, 0.0]), features([0.0, 0.0], [0.0, 0.0]))
