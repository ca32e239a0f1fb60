from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tiny_run import tiny_config
from tfhd.config import Config, DataConfig
from tfhd.export.compare.block_maps import BlockMaps, Shape, shapes_to_compare


def test_two_sizes_that_fit_the_networks_and_two_batches_are_checked():
    config = dataclasses.replace(Config(), data=DataConfig(height=512, width=1024))
    assert shapes_to_compare(config) == [(1, 256, 512), (2, 256, 512), (1, 128, 256), (2, 128, 256)]
    assert shapes_to_compare(tiny_config()) == [(1, 32, 48), (2, 32, 48), (1, 16, 24), (2, 16, 24)]


@pytest.mark.parametrize("shape", [(2, 32, 48), (1, 20, 28)])
def test_a_block_has_one_value_in_every_map_and_an_instance_of_its_own(shape: Shape) -> None:
    maps = BlockMaps(shape)
    instance, label, features = maps.instances(), maps.choice(3), maps.features(2)
    assert (instance.shape, label.shape, features.shape) == (shape, shape, (*shape, 2))
    assert (instance.dtype, features.dtype) == (np.int32, np.float32)
    for sample in range(shape[0]):
        for identity in np.unique(instance[sample]):
            block = instance[sample] == identity
            assert block.sum() <= 16 * 16
            assert len(np.unique(label[sample][block])) == len(np.unique(features[sample][block], axis=0)) == 1
    assert np.unique(label).tolist() == [0, 1, 2]


def test_a_chosen_value_is_one_of_those_that_are_given() -> None:
    assert np.unique(BlockMaps((4, 64, 64)).choice(np.array([7, 26, 255]))).tolist() == [7, 26, 255]


def test_the_same_shape_gives_the_same_maps() -> None:
    np.testing.assert_array_equal(BlockMaps((1, 32, 48)).choice(5), BlockMaps((1, 32, 48)).choice(5))


def test_blocks_grow_where_there_would_be_more_than_there_are_instance_ids() -> None:
    instance = BlockMaps((1, 4096, 8192)).instances()
    assert (instance.min(), instance.max()) == (65536 - 128 * 256, 65535)
    assert (instance[0, :32, :32] == 65535).all()
