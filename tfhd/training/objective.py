"""What a training minimizes. `make_terms` is the table of all terms; a new one is one entry there.

Its function goes into `tfhd.losses`, its weight into `tfhd.config.LossConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import tensorflow as tf
from keras import ops

from tfhd.config import LossConfig
from tfhd.layers.control_dependency import zero_after
from tfhd.losses import crn_loss, discriminator_loss, feature_matching_loss, generator_loss, l1_loss, perceptual_loss
from tfhd.networks import VGG19Features

Losses = dict[str, tf.Tensor]
"""Weighted float32 scalars by the name of their term."""
Judgement = Sequence[Sequence[tf.Tensor]]
"""What `MultiscaleDiscriminator` returned: per scale, finest first, the outputs of all layers, of which the last judges."""
Optimizer = Literal["generator", "discriminator"]

# The discriminators minimize half the sum of their terms, the mean of the losses on photos and on fakes, and so learn half as
# fast as the generator, as in the released code and in pix2pix (Isola et al., 2017, section 3.3). The terms are reported whole.
_SHARES: Mapping[Optimizer, float] = {"generator": 1.0, "discriminator": 0.5}


class LossInputs(NamedTuple):
    """What the loss terms of one batch are calculated from.

    Attributes:
        real: photos float32 `(N, H, W, C)` in [-1, 1].
        fake: generated pictures of the same shape.
        judged_real: the discriminators' outputs for the photos.
        judged_fake: those for the generated pictures, from which generator and encoder learn.
        judged_shown: those for the fakes from which the discriminators learn: the generated ones, or earlier ones of a pool.
    """

    real: tf.Tensor
    fake: tf.Tensor
    judged_real: Judgement = ()
    judged_fake: Judgement = ()
    judged_shown: Judgement = ()


@dataclass(frozen=True)
class Term:
    """One loss term.

    Attributes:
        name: in losses.csv, TensorBoard and what `Pix2PixHD.train_step` returns.
        optimizer: which one it trains with: that of generator and encoder, or that of the discriminators.
        weight: factor of the function, included in what is reported.
        function: float32 scalar from a `LossInputs`.
        optional: whether a weight of 0 leaves the term out, name and all.
        early: whether its gradient is calculated before the discriminators run, see `Objective.early_losses`; the function
            then gets a `LossInputs` without their outputs.
    """

    name: str
    optimizer: Optimizer
    weight: float
    function: Callable[[LossInputs], tf.Tensor]
    optional: bool = False
    early: bool = False


def make_terms(settings: LossConfig, perceptual: VGG19Features | None) -> tuple[Term, ...]:
    """All terms that the settings ask for, in the order in which they are reported.

    Args:
        settings: kind of adversarial loss, and weights.
        perceptual: frozen network of the perceptual term, which is 0 without it.
    """

    def compare_features(inputs: LossInputs) -> tf.Tensor:
        if perceptual is None:
            return ops.zeros(())
        features = perceptual(inputs.real), perceptual(inputs.fake)
        return crn_loss(inputs.real, inputs.fake, *features) if settings.perceptual == "crn" else perceptual_loss(*features)

    matching, gan = settings.feature_matching_weight, settings.gan
    terms = (
        Term("generator_gan", "generator", settings.adversarial_weight, lambda it: generator_loss(it.judged_fake, gan)),
        Term("feature_matching", "generator", matching, lambda it: feature_matching_loss(it.judged_real, it.judged_fake)),
        Term("perceptual", "generator", settings.perceptual_weight, compare_features, early=perceptual is not None),
        Term("discriminator_real", "discriminator", 1.0, lambda it: discriminator_loss(it.judged_real, True, gan)),
        Term("discriminator_fake", "discriminator", 1.0, lambda it: discriminator_loss(it.judged_shown, False, gan)),
        Term("l1", "generator", settings.l1_weight, lambda it: l1_loss(it.real, it.fake), optional=True),
    )
    return tuple(term for term in terms if term.weight or not term.optional)


class Objective:
    """The loss terms of a training, and what each optimizer minimizes.

    Args:
        settings: kind of adversarial loss, and weights.
        perceptual: frozen network of the perceptual term; None leaves that at 0.
    """

    def __init__(self, settings: LossConfig, perceptual: VGG19Features | None = None) -> None:
        self.terms = make_terms(settings, perceptual)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms, as they are reported."""
        return tuple(term.name for term in self.terms)

    def early_losses(self, real: tf.Tensor, fake: tf.Tensor, scale: tf.Tensor | float | None) -> tuple[Losses, tf.Tensor]:
        """The weighted terms that come before the discriminators, and a zero that is not known before their gradients.

        At high resolution VGG19's features of the fake are as large as all that generator and discriminators keep. With their
        gradient calculated at once they are gone before the discriminators begin, if the zero is added to what these read.

        Args:
            real: photos float32 `(N, H, W, C)` in [-1, 1].
            fake: generated pictures of the same shape.
            scale: factor of the loss while gradients are calculated, against underflow in float16; None calculates none.
        """
        losses, zero = {}, ops.zeros(())
        for term in self.terms:
            if not term.early:
                continue
            if scale is None:
                losses[term.name] = term.weight * term.function(LossInputs(real, fake))
                continue
            seen = tf.stop_gradient(fake)
            waiting = real + zero_after(seen)
            with tf.GradientTape() as tape:
                tape.watch(seen)
                loss = term.weight * term.function(LossInputs(waiting, seen))
                scaled = scale * loss
            slope = tape.gradient(scaled, seen) / scale
            losses[term.name], zero = _with_slope(loss, fake, slope), zero + zero_after(slope)
        return losses, zero

    def losses(self, inputs: LossInputs, early: Losses) -> Losses:
        """All terms by name, weighted: those that were calculated early, and the others."""
        return {term.name: early[term.name] if term.early else term.weight * term.function(inputs) for term in self.terms}

    def total(self, losses: Losses, optimizer: Optimizer) -> tf.Tensor:
        """What an optimizer minimizes."""
        return _SHARES[optimizer] * sum(losses[term.name] for term in self.terms if term.optimizer == optimizer)


@tf.custom_gradient
def _with_slope(loss: tf.Tensor, picture: tf.Tensor, slope: tf.Tensor):
    """The loss as it is; its gradient with respect to the picture is `slope`, which is known already."""
    return tf.identity(loss), lambda upstream: (None, upstream * slope, None)
