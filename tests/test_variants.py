from __future__ import annotations

from dataclasses import replace

import pytest

from tfhd.presets import PRESETS
from tfhd.variants import VARIANTS

BASE = PRESETS["camvid"][1]


def changed(name: str):
    return VARIANTS[name].change(BASE)


@pytest.mark.parametrize("base", ["streets-demo", "camvid", "cityscapes-512p"])
@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_variant_leaves_data_size_and_steps_alone(base, name):
    before = PRESETS[base][1]
    after = VARIANTS[name].change(before)
    assert after.stages == before.stages
    assert after.training == before.training
    assert replace(after.data, instance_edges=True) == replace(before.data, instance_edges=True)


def test_pix2pix_has_a_unet_one_discriminator_of_70_pixels_and_l1():
    config = changed("pix2pix")
    assert (config.generator.architecture, config.generator.filters) == ("unet", 64)
    assert (config.discriminator.num_scales, config.discriminator.num_layers, config.discriminator.final_stride) == (1, 3, 1)
    terms = config.loss.adversarial_weight, config.loss.feature_matching_weight, config.loss.perceptual_weight
    assert (config.loss.gan, *terms, config.loss.l1_weight) == ("vanilla", 1.0, 0.0, 0.0, 100.0)
    assert (config.encoder.feature_channels, config.data.instance_edges) == (0, False)


def test_crn_learns_from_its_perceptual_loss_alone():
    loss = changed("crn").loss
    assert (loss.perceptual, loss.perceptual_weight) == ("crn", 1.0)
    assert (loss.adversarial_weight, loss.feature_matching_weight, loss.l1_weight) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("base", "depth"), [("camvid", 5), ("streets-demo", 4), ("cityscapes-512p", 8)])
def test_other_generators_are_as_deep_as_pictures_can_be_halved(base, depth):
    assert VARIANTS["unet-generator"].change(PRESETS[base][1]).generator.num_downsamples == depth


@pytest.mark.parametrize("name", ["unet-generator", "crn-generator"])
def test_another_generator_keeps_objective_discriminators_and_styles(name):
    config = changed(name)
    assert replace(config, generator=BASE.generator) == BASE


def test_presets_are_made_of_the_variants_that_change_something():
    assert "camvid-pix2pix" in PRESETS
    assert "camvid-with-vgg" not in PRESETS
    assert "streets-demo-with-vgg" in PRESETS
    assert "streets-demo-no-vgg" not in PRESETS
