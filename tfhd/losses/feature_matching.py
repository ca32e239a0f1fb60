from __future__ import annotations

from tfhd.losses.mean_difference import mean_absolute_difference


def feature_matching_loss(real: list[list], fake: list[list]):
    """L1 distance between the discriminators' features of photos and of generated pictures.

    Every scale has the weight `1 / num_scales`, and each of its layers except the last, which judges, `4 / num_layers`, as in the
    released code. Gradients do not pass through the photos' features.

    Args:
        real: what `MultiscaleDiscriminator` returned for photos.
        fake: the same for generated pictures.

    Returns:
        float32 scalar, without the loss' weight of 10.

    Reference:
        Wang et al., CVPR 2018, equation 4.
    """
    total = 0.0
    for real_scale, fake_scale in zip(real, fake, strict=True):
        layer_weight = 4.0 / (len(fake_scale) - 1)
        for real_layer, fake_layer in zip(real_scale[:-1], fake_scale[:-1], strict=True):
            total += layer_weight / len(real) * mean_absolute_difference(real_layer, fake_layer)
    return total
