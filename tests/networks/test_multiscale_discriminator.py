from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.layer_harness import count_parameters, run_layer_test
from tfhd.interop import load_state_dict
from tfhd.layers import AverageDownsampling, LabelEncoding
from tfhd.networks import MultiscaleDiscriminator


@pytest.mark.parametrize(
    ("final_stride", "expected"),
    [
        (1, [[(17, 13, 4), (9, 7, 8), (10, 8, 16), (11, 9, 1)], [(9, 7, 4), (5, 4, 8), (6, 5, 16), (7, 6, 1)]]),
        (2, [[(17, 13, 4), (9, 7, 8), (5, 4, 16), (6, 5, 1)], [(9, 7, 4), (5, 4, 8), (3, 3, 16), (4, 4, 1)]]),
    ],
)
def test_behaves_as_a_layer(final_stride, expected):
    inputs = np.random.default_rng(0).normal(size=(2, 32, 24, 5)).astype("float32")
    kwargs = {"filters": 4, "num_layers": 2, "num_scales": 2, "final_stride": final_stride}
    run_layer_test(MultiscaleDiscriminator, kwargs, (inputs,), [[(2, *shape) for shape in scale] for scale in expected])


def test_every_layer_of_every_scale_equals_the_original(parity):
    recorded = parity("multiscale_discriminator")
    inputs = np.concatenate([LabelEncoding(7)(recorded["label"], recorded["instance"]), recorded["image"]], axis=-1)
    discriminator = MultiscaleDiscriminator(4, 3, 3)
    discriminator.build(inputs.shape)
    load_state_dict(discriminator, {name[2:]: array for name, array in recorded.items() if name.startswith("w/")})
    outputs = discriminator(inputs)
    assert [len(scale) for scale in outputs] == [5, 5, 5]
    for i, scale in enumerate(outputs):
        for j, output in enumerate(scale):
            np.testing.assert_allclose(output, recorded[f"scale{i}/layer{j}"], atol=1e-5, err_msg=f"scale {i}, layer {j}")


@pytest.mark.parametrize("num_scales", [1, 3])
def test_has_as_many_parameters_as_the_original(num_scales):
    network = MultiscaleDiscriminator(num_scales=num_scales)
    assert count_parameters(network, (None, None, None, 39)) == num_scales * 2_801_601


def test_each_scale_reads_the_picture_at_half_the_size_of_the_one_before():
    discriminator = MultiscaleDiscriminator(4, 2, 2)
    inputs = np.random.default_rng(0).normal(size=(1, 32, 32, 5)).astype("float32")
    coarse = discriminator(inputs)[1]
    alone = discriminator.scales[1](AverageDownsampling()(inputs))
    for got, want in zip(coarse, alone, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(("final_stride", "field"), [(1, 70), (2, 94)])
def test_a_score_depends_on_a_patch_of_70_pixels(final_stride, field):
    # Through the convolutions only: instance normalization makes every score depend on the whole image's statistics.
    discriminator = MultiscaleDiscriminator(1, num_scales=1, final_stride=final_stride)
    picture = tf.ones((1, 256, 256, 1))
    discriminator.build(picture.shape)
    discriminator.set_weights([np.ones_like(weight) for weight in discriminator.get_weights()])
    with tf.GradientTape() as tape:
        tape.watch(picture)
        x = picture
        for block in discriminator.scales[0].blocks:
            x = block.conv(block.padding_layer(x))
        score = x[0, x.shape[1] // 2, x.shape[2] // 2, 0]
    seen = np.argwhere(tape.gradient(score, picture)[0, :, :, 0])
    assert (np.ptp(seen, axis=0) + 1).tolist() == [field, field]
