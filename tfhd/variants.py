"""What the paper compares itself with: its ablations, and the networks before it. Each changes any preset."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from tfhd.config import Config, LossConfig

_DEEPEST = 8  # pix2pix at 256x256
_UNET_FILTERS = 64  # of pix2pix


@dataclass(frozen=True)
class Variant:
    """A change of an experiment.

    Attributes:
        what: it is, in a few words.
        source: where it comes from.
        change: the changed experiment.
    """

    what: str
    source: str
    change: Callable[[Config], Config]


def _pix2pix(config: Config) -> Config:
    """One 70x70 discriminator, L1, cross-entropy; classes alone are given to the networks."""
    plain = replace(_without_styles(_unet(config)), data=replace(config.data, instance_edges=False))
    loss = _loss(plain, gan="vanilla", feature_matching_weight=0.0, perceptual_weight=0.0, l1_weight=100.0)
    return replace(loss, discriminator=replace(config.discriminator, num_scales=1, num_layers=3, final_stride=1))


def _crn(config: Config) -> Config:
    """Refinement modules trained by the perceptual loss alone; classes alone are given to the generator."""
    plain = replace(_without_styles(_refinement(config)), data=replace(config.data, instance_edges=False))
    weights = {"adversarial_weight": 0.0, "feature_matching_weight": 0.0, "perceptual_weight": 1.0, "l1_weight": 0.0}
    return _loss(plain, perceptual="crn", **weights)


def _unet(config: Config) -> Config:
    filters = min(_UNET_FILTERS, 2 * config.generator.filters)  # the first have half the size of our generator's first
    return _generator(config, "unet", filters)


def _refinement(config: Config) -> Config:
    return _generator(config, "cascaded_refinement", config.generator.filters)


def _generator(config: Config, architecture: str, filters: int) -> Config:
    """Another generator, as deep as the size of the pictures allows."""
    halvings = math.gcd(config.data.height, config.data.width)
    depth = min(_DEEPEST, (halvings & -halvings).bit_length() - 1)
    generator = replace(
        config.generator, architecture=architecture, filters=filters, num_downsamples=depth, num_enhancers=0, upsample="transpose"
    )
    return replace(config, generator=generator)


def _without_styles(config: Config) -> Config:
    return replace(config, encoder=replace(config.encoder, feature_channels=0))


def _loss(config: Config, **values: float | str) -> Config:
    return replace(config, loss=replace(config.loss, **values))


_WANG, _ISOLA, _CHEN = "Wang et al., CVPR 2018", "Isola et al., CVPR 2017", "Chen and Koltun, ICCV 2017"

VARIANTS: dict[str, Variant] = {
    "pix2pix": Variant("pix2pix: U-Net, one 70x70 discriminator, L1, no instance map, no styles", _ISOLA, _pix2pix),
    "crn": Variant("CRN: refinement modules, trained by a perceptual loss alone; no instance map, no styles", _CHEN, _crn),
    "unet-generator": Variant("pix2pix's U-Net as the generator of our objective", f"{_WANG}, table 3", _unet),
    "crn-generator": Variant("CRN's refinement modules as the generator of our objective", f"{_WANG}, table 3", _refinement),
    "one-discriminator": Variant(
        "a single discriminator, at the finest scale",
        f"{_WANG}, table 5",
        lambda config: replace(config, discriminator=replace(config.discriminator, num_scales=1)),
    ),
    "no-feature-matching": Variant(
        "without the feature-matching loss", f"{_WANG}, section 4.1", lambda config: _loss(config, feature_matching_weight=0.0)
    ),
    "no-vgg": Variant("without the VGG loss", f"{_WANG}, section 4.1", lambda config: _loss(config, perceptual_weight=0.0)),
    "with-vgg": Variant(
        "with the VGG loss",
        f"{_WANG}, section 4.1",
        lambda config: _loss(config, perceptual="pix2pixhd", perceptual_weight=LossConfig.perceptual_weight),
    ),
    "adversarial-alone": Variant(
        "without feature-matching and VGG loss",
        f"{_WANG}, section 4.1",
        lambda config: _loss(config, feature_matching_weight=0.0, perceptual_weight=0.0),
    ),
    "no-instance-map": Variant(
        "without the instance boundary map",
        f"{_WANG}, section 3.3",
        lambda config: replace(config, data=replace(config.data, instance_edges=False)),
    ),
}
