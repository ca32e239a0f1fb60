"""Adversarial losses, summed over the scales of a multi-scale discriminator (paper section 3.2)."""

from __future__ import annotations

from keras import ops

from tfhd.config import GanLoss


def discriminator_loss(outputs: list[list], real: bool, kind: GanLoss = "least_squares"):
    """How wrongly the discriminators judge pictures that are all photos, or all generated.

    Args:
        outputs: what `MultiscaleDiscriminator` returned: per scale a list whose last tensor is the judgement.
        real: whether the pictures are photos.
        kind: `"least_squares"` (Mao et al., 2017), `"hinge"` (Lim and Ye, 2017) or `"vanilla"` (Goodfellow et al., 2014).

    Returns:
        float32 scalar: the mean over patches, summed over scales.
    """
    return sum(_patch_loss(ops.cast(scale[-1], "float32"), real, kind) for scale in outputs)


def generator_loss(outputs: list[list], kind: GanLoss = "least_squares"):
    """How far the discriminators are from taking generated pictures for photos.

    Args:
        outputs: what `MultiscaleDiscriminator` returned for generated pictures.
        kind: see `discriminator_loss`.

    Returns:
        float32 scalar: the mean over patches, summed over scales.
    """
    if kind == "hinge":
        return sum(-ops.mean(ops.cast(scale[-1], "float32")) for scale in outputs)
    return discriminator_loss(outputs, True, kind)


def _patch_loss(judgement, real: bool, kind: GanLoss):
    if kind == "least_squares":
        return ops.mean(ops.square(judgement - float(real)))
    signed = judgement if real else -judgement
    if kind == "hinge":
        return ops.mean(ops.relu(1.0 - signed))
    return ops.mean(ops.softplus(-signed))
