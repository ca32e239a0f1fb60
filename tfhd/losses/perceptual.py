from __future__ import annotations

from tfhd.losses.mean_difference import mean_absolute_difference

LAYER_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


def perceptual_loss(real: list, fake: list):
    """L1 distance between VGG19 features of photos and of generated pictures.

    Args:
        real: what `VGG19Features` returned for photos; gradients do not pass through it.
        fake: the same for generated pictures.

    Returns:
        float32 scalar, without the loss' weight of 10.

    Reference:
        Wang et al., CVPR 2018, appendix; Johnson et al., 2016.
    """
    total = 0.0
    for weight, real_layer, fake_layer in zip(LAYER_WEIGHTS, real, fake, strict=True):
        total += weight * mean_absolute_difference(real_layer, fake_layer)
    return total
