from __future__ import annotations

import numpy as np
import pytest

from tests.layer_harness import count_parameters, run_layer_test
from tfhd.networks import UNetGenerator

SMALL = {"filters": 4, "num_downsamples": 3}


@pytest.mark.parametrize(("options", "size"), [({}, (16, 24)), ({"output_channels": 2}, (16, 24))])
def test_behaves_as_a_layer(options, size):
    inputs = np.random.default_rng(0).normal(size=(2, *size, 5)).astype("float32")
    shape = (2, *size, options.get("output_channels", 3))
    run_layer_test(UNetGenerator, SMALL | options, (inputs,), shape, always_float32=True)


def test_padded_it_takes_any_size():
    assert UNetGenerator(**SMALL, fit="pad")(np.zeros((1, 19, 21, 5), "float32")).shape == (1, 19, 21, 3)


def test_has_as_many_parameters_as_that_of_pix2pix():
    # 54,413,955 in the authors' PyTorch code, whose batch normalization has 9,856 scales and offsets where our convolutions
    # have 5,504 biases.
    assert count_parameters(UNetGenerator(), (None, None, None, 3)) == 54_413_955 - 9_856 + 5_504


def test_a_pixel_is_seen_everywhere():
    network = UNetGenerator(**SMALL)
    inputs = np.random.default_rng(0).normal(size=(1, 16, 16, 5)).astype("float32")
    changed = inputs.copy()
    changed[0, 0, 0] += 10
    assert (np.abs(np.asarray(network(changed) - network(inputs)))[0].max(axis=-1) > 0).all()
