from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.layer_harness import count_parameters, run_layer_test
from tfhd.interop import load_state_dict
from tfhd.layers import LabelEncoding
from tfhd.networks import GlobalGenerator

SMALL = {"filters": 4, "num_downsamples": 2, "num_residual_blocks": 1}


@pytest.mark.parametrize(
    ("options", "channels"),
    [
        ({}, 3),
        ({"padding": "reflect", "upsample": "resize", "output_channels": 2}, 2),
        ({"include_top": False}, 4),
    ],
)
def test_behaves_as_a_layer(options, channels):
    inputs = np.random.default_rng(0).normal(size=(2, 16, 24, 5)).astype("float32")
    with_top = options.get("include_top", True)
    run_layer_test(GlobalGenerator, SMALL | options, (inputs,), (2, 16, 24, channels), always_float32=with_top)


def test_equals_the_original(parity):
    recorded = parity("global_generator")
    inputs = LabelEncoding(7)(recorded["label"], recorded["instance"])
    generator = GlobalGenerator(**SMALL)
    generator.build(inputs.shape)
    load_state_dict(generator, {name[2:]: array for name, array in recorded.items() if name.startswith("w/")})
    np.testing.assert_allclose(generator(inputs), recorded["output"], atol=1e-5)


def test_has_as_many_parameters_as_the_original():
    assert count_parameters(GlobalGenerator(), (None, None, None, 36)) == 182_546_755


def output_of(**options: str) -> np.ndarray:
    keras.utils.set_random_seed(0)
    inputs = np.random.default_rng(0).normal(size=(1, 32, 32, 5)).astype("float32")
    return np.asarray(GlobalGenerator(**SMALL, **options)(inputs))


@pytest.mark.parametrize("option", [{"padding": "reflect"}, {"upsample": "resize"}])
def test_options_change_the_picture_from_the_same_weights(option):
    assert np.abs(output_of(**option) - output_of()).max() > 0.05


def test_reflection_everywhere_keeps_a_plain_picture_plain_where_zeros_mark_the_border():
    inputs = np.ones((1, 32, 32, 5), "float32")
    spread = {}
    for padding in ("zero", "reflect"):
        keras.utils.set_random_seed(0)
        output = np.asarray(GlobalGenerator(**SMALL, padding=padding, upsample="resize")(inputs))
        spread[padding] = np.ptp(output, axis=(1, 2)).max()
    assert spread["zero"] > 0.1
    assert spread["reflect"] < 0.01
