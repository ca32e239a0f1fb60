from __future__ import annotations

import numpy as np

from tests.layer_harness import run_layer_test
from tfhd.networks import CascadedRefinementGenerator

SMALL = {"filters": 4, "num_downsamples": 2}


def test_behaves_as_a_layer():
    inputs = np.random.default_rng(0).normal(size=(2, 16, 24, 5)).astype("float32")
    run_layer_test(CascadedRefinementGenerator, SMALL, (inputs,), (2, 16, 24, 3), always_float32=True)


def test_padded_it_takes_any_size():
    assert CascadedRefinementGenerator(**SMALL, fit="pad")(np.zeros((1, 19, 21, 5), "float32")).shape == (1, 19, 21, 3)


def test_modules_widen_towards_the_coarsest_which_reads_the_label_map_at_its_size():
    network = CascadedRefinementGenerator(filters=256, num_downsamples=3)
    network.build((None, None, None, 5))
    assert [module.convs[0].filters for module in network.modules] == [1024, 1024, 512, 256]
    assert [module.convs[0].kernel.shape[2] for module in network.modules] == [5, 5 + 1024, 5 + 1024, 5 + 512]


def test_the_coarsest_module_sees_means_of_the_label_map():
    network = CascadedRefinementGenerator(**SMALL)
    inputs = np.random.default_rng(0).normal(size=(1, 16, 16, 5)).astype("float32")
    seen = []
    first = network.modules[0]
    network(inputs)
    module_call = first.call
    first.call = lambda given: seen.append(np.asarray(given)) or module_call(given)
    network(inputs)
    np.testing.assert_allclose(seen[0], inputs.reshape(1, 4, 4, 4, 4, 5).mean(axis=(2, 4)), atol=1e-6)
