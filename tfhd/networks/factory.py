"""Builds the networks that a configuration describes."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import keras

from tfhd.config import Config
from tfhd.layers import LabelEncoding, PictureEncoding
from tfhd.networks.cascaded_refinement_generator import CascadedRefinementGenerator
from tfhd.networks.feature_encoder import FeatureEncoder
from tfhd.networks.global_generator import GlobalGenerator
from tfhd.networks.local_enhancer import LocalEnhancer
from tfhd.networks.multiscale_discriminator import MultiscaleDiscriminator
from tfhd.networks.unet_generator import UNetGenerator

Generator = GlobalGenerator | LocalEnhancer | UNetGenerator | CascadedRefinementGenerator


class Networks(NamedTuple):
    """The built networks of one experiment. `encoder` is None where styles are not learned."""

    label_encoding: LabelEncoding | PictureEncoding
    generator: Generator
    discriminator: MultiscaleDiscriminator
    encoder: FeatureEncoder | None

    def for_synthesis(self) -> dict[str, keras.Model]:
        """The networks that synthesis needs, by name: the generator and, if styles are learned, the encoder."""
        return {"generator": self.generator} | ({"encoder": self.encoder} if self.encoder is not None else {})

    @property
    def generator_channels(self) -> int:
        """Input channels of the generator: one-hot classes (or a picture), edges and, with an encoder, style features."""
        return self.label_encoding.output_channels + (self.encoder.feature_channels if self.encoder is not None else 0)


def build_networks(config: Config, num_classes: int) -> Networks:
    """Builds all networks, with new random weights.

    Args:
        config: the experiment.
        num_classes: classes of its label set; of no account where the input is pictures.
    """
    policy, photo_channels = config.training.precision, config.data.output_pixels.channels
    label_encoding = _build_encoding(config, num_classes)
    encoded = label_encoding.output_channels
    with _recomputed_blocks(config):
        generator = build_generator(config, encoded + config.encoder.feature_channels)
    discriminator = MultiscaleDiscriminator(
        config.discriminator.filters,
        config.discriminator.num_layers,
        config.discriminator.num_scales,
        final_stride=config.discriminator.final_stride,
        dtype=policy,
        name="discriminator",
    )
    discriminator.build((None, None, None, encoded + photo_channels))
    encoder = None
    if config.encoder.feature_channels:
        settings = config.encoder
        encoder = FeatureEncoder(
            settings.filters,
            settings.num_downsamples,
            settings.feature_channels,
            fit=config.data.fit,
            dtype=policy,
            name="encoder",
        )
        encoder.build((None, None, None, photo_channels), (None, None, None))
    return Networks(label_encoding, generator, discriminator, encoder)


def _build_encoding(config: Config, num_classes: int) -> LabelEncoding | PictureEncoding:
    options = {"instance_edges": config.data.instance_edges, "dtype": config.training.precision, "name": "label_encoding"}
    if config.data.input == "image":
        return PictureEncoding(config.data.input_pixels.channels, **options)
    return LabelEncoding(num_classes, **options)


def build_generator(config: Config, input_channels: int) -> Generator:
    """Builds the generator that the configuration names, for `input_channels`."""
    settings, output_channels = config.generator, config.data.output_pixels.channels
    options = {"fit": config.data.fit, "dtype": config.training.precision, "name": "generator"}
    if settings.architecture == "unet":
        generator = UNetGenerator(settings.filters, settings.num_downsamples, output_channels, **options)
    elif settings.architecture == "cascaded_refinement":
        generator = CascadedRefinementGenerator(settings.filters, settings.num_downsamples, output_channels, **options)
    else:
        generator = _coarse_to_fine_generator(config, options)
    generator.build((None, None, None, input_channels))
    return generator


def _coarse_to_fine_generator(config: Config, options: dict[str, Any]) -> GlobalGenerator | LocalEnhancer:
    """The global generator, with local enhancers around it if configured."""
    settings, output_channels = config.generator, config.data.output_pixels.channels
    options = options | {"padding": settings.padding, "upsample": settings.upsample}
    if not settings.num_enhancers:
        return GlobalGenerator(
            settings.filters,
            settings.num_downsamples,
            settings.num_residual_blocks,
            output_channels,
            **options,
        )
    return LocalEnhancer(
        settings.filters,
        settings.num_enhancers,
        settings.num_downsamples,
        settings.num_residual_blocks,
        settings.num_local_residual_blocks,
        output_channels,
        **options,
    )


def _recomputed_blocks(config: Config) -> keras.RematScope | nullcontext:
    """A scope in which blocks are created that keep only their inputs for the backward pass, if the configuration asks for it.

    These are the residual blocks and those at full resolution: the first of any generator, and all of an enhancer's but its
    output block.
    """
    if not config.training.recompute:
        return nullcontext()
    settings = config.generator
    count = max(settings.num_residual_blocks, settings.num_local_residual_blocks)
    residual = [f"residual_block_{i}" for i in range(count)]
    return keras.RematScope("list_of_layers", layer_names=["front_end", "downsampling", *residual, "upsampling"])
