from __future__ import annotations

from collections.abc import Sequence

from tfhd.losses.mean_difference import mean_absolute_difference

LAYER_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)

CRN_LAYER_WEIGHTS = (1 / 1.6, 1 / 2.3, 1 / 1.8, 1 / 2.8, 10 / 0.8)
"""Of the released code of CRN, beside a weight of 1 for pixels in 0..255."""
_CRN_PIXEL_WEIGHT = 127.5 / 57.63  # our pixels are in [-1, 1], and our features divided by ImageNet's deviation


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
    return _weighted(LAYER_WEIGHTS, real, fake)


def crn_loss(real_image, fake_image, real: list, fake: list):
    """The only loss of CRN: L1 distance between pixels and between VGG19 features of photos and of generated pictures.

    It ends with relu5_1 where CRN reads relu5_2, and makes one picture where CRN may choose among several.

    Args:
        real_image: photos float32 `(N, H, W, 3)` in [-1, 1].
        fake_image: generated pictures of the same shape.
        real: what `VGG19Features(layers="second")` returned for photos; gradients do not pass through it.
        fake: the same for generated pictures.

    Returns:
        float32 scalar, without the loss' weight.

    Reference:
        Chen and Koltun, Photographic Image Synthesis with Cascaded Refinement Networks, ICCV 2017, section 3.3.
    """
    pixels = mean_absolute_difference(real_image, fake_image)
    return _CRN_PIXEL_WEIGHT * pixels + _weighted(CRN_LAYER_WEIGHTS, real, fake)


def _weighted(weights: Sequence[float], real: list, fake: list):
    pairs = zip(weights, real, fake, strict=True)
    return sum(weight * mean_absolute_difference(real_layer, fake_layer) for weight, real_layer, fake_layer in pairs)
