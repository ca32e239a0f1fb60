from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import count_parameters, run_layer_test
from tfhd.interop import load_state_dict
from tfhd.layers import LabelEncoding
from tfhd.networks import LocalEnhancer

SMALL = {"num_downsamples": 1, "num_residual_blocks": 1, "num_local_residual_blocks": 1}


@pytest.mark.parametrize(
    "options",
    [
        {"filters": 4, "num_enhancers": 1},
        {"filters": 2, "num_enhancers": 2, "padding": "reflect", "upsample": "resize", "output_channels": 2},
    ],
)
def test_behaves_as_a_layer(options):
    inputs = np.random.default_rng(0).normal(size=(2, 32, 24, 5)).astype("float32")
    shape = (2, 32, 24, options.get("output_channels", 3))
    run_layer_test(LocalEnhancer, SMALL | options, (inputs,), shape, always_float32=True)


@pytest.mark.parametrize(("num_enhancers", "filters"), [(1, 2), (2, 1)])
def test_equals_the_original(parity, num_enhancers, filters):
    recorded = parity(f"local_enhancer_{num_enhancers}")
    inputs = LabelEncoding(7)(recorded["label"], recorded["instance"])
    generator = LocalEnhancer(filters, num_enhancers, 2, 1, 1)
    generator.build(inputs.shape)
    load_state_dict(generator, {name[2:]: array for name, array in recorded.items() if name.startswith("w/")})
    np.testing.assert_allclose(generator(inputs), recorded["output"], atol=1e-5)


@pytest.mark.parametrize(("channels", "expected"), [(36, 182_857_059), (39, 182_871_171)])
def test_has_as_many_parameters_as_the_original(channels, expected):
    assert count_parameters(LocalEnhancer(), (None, None, None, channels)) == expected


def test_the_global_generator_keeps_its_width_and_reads_every_level_of_three_enhancers():
    generator = LocalEnhancer(filters=1, num_enhancers=3, **SMALL)
    output = generator(np.ones((1, 32, 48, 5), "float32"))
    assert output.shape == (1, 32, 48, 3)
    assert generator.global_generator.filters == 8
    assert [enhancer.upsampling.filters for enhancer in generator.enhancers] == [4, 2, 1]
