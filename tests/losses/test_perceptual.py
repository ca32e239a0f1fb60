from __future__ import annotations

import pytest
import tensorflow as tf

from tfhd.losses import crn_loss, perceptual_loss


def features(*values: float, dtype: str = "float32") -> list[tf.Tensor]:
    return [tf.fill((1, 16 >> i, 4, 2), tf.constant(value, dtype)) for i, value in enumerate(values)]


@pytest.mark.parametrize(("layer", "weight"), list(enumerate([1 / 32, 1 / 16, 1 / 8, 1 / 4, 1])))
def test_deeper_layers_weigh_more(layer, weight):
    values = [0.0] * 5
    values[layer] = -3.0
    assert float(perceptual_loss(features(*[0.0] * 5), features(*values))) == pytest.approx(3 * weight)


def test_gradients_reach_the_generated_picture_only():
    real, fake = features(*[1.0] * 5), features(*[0.0] * 5)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = perceptual_loss(real, fake)
    of_real, of_fake = tape.gradient(loss, [real, fake])
    assert of_real == [None] * 5
    assert all(float(tf.reduce_max(gradient)) < 0 for gradient in of_fake)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_features_give_a_float32_loss(dtype):
    loss = perceptual_loss(features(0, 0, 0, 0, -1, dtype=dtype), features(0, 0, 0, 0, 256, dtype=dtype))
    assert loss.dtype == tf.float32
    assert float(loss) == 257


def test_another_number_of_layers_is_refused():
    with pytest.raises(ValueError, match="zip"):
        perceptual_loss(features(0.0), features(0.0))


def test_the_loss_of_crn_weighs_pixels_and_layers_as_its_code_does_on_bytes():
    real, fake = tf.zeros((1, 16, 4, 3)), tf.fill((1, 16, 4, 3), 0.2)
    values = (1.0, 2.0, 3.0, 4.0, 5.0)
    loss = crn_loss(real, fake, features(*[0.0] * 5), features(*values))
    # In its code: pixels in 0..255, and features that are not divided by ImageNet's deviation of 57.63.
    on_bytes = 0.2 * 127.5 + 57.63 * (1 / 1.6 + 2 / 2.3 + 3 / 1.8 + 4 / 2.8 + 5 * 10 / 0.8)
    assert float(loss) == pytest.approx(on_bytes / 57.63, rel=1e-5)
