from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfhd.data import Shard, TrainingOrder
from tfhd.data.pipeline.order import epoch_order

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 40), st.integers(1, 6), seeds, st.integers(0, 5))
def test_an_epoch_shows_every_example_once_but_for_the_incomplete_batch(num_examples, batch_size, seed, epoch):
    batch_size = min(batch_size, num_examples)
    order = TrainingOrder(num_examples, batch_size, seed)
    first = epoch * order.steps_per_epoch
    positions = np.concatenate([order.positions(first + step) for step in range(order.steps_per_epoch)])
    assert set(positions[:, 0]) == {epoch}
    assert len(set(positions[:, 1])) == len(positions) == num_examples - num_examples % batch_size
    assert set(positions[:, 1]) <= set(range(num_examples))


@given(st.integers(1, 4), st.integers(1, 3), seeds, st.integers(0, 1000))
def test_shards_in_turn_are_the_whole_batch(count, part, seed, step):
    order = TrainingOrder(50, count * part, seed)
    shards = [order.positions(step, Shard(index, count)) for index in range(count)]
    assert {shard.shape for shard in shards} == {(part, 2)}
    np.testing.assert_array_equal(np.concatenate(shards), order.positions(step))


def test_epochs_and_seeds_have_their_own_orders():
    orders = {tuple(epoch_order(8, seed, epoch)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, [[0, 2], [0, 4]]), (3, [[0, 1], [0, 7]]), (4, [[1, 1], [1, 3]])],
)
def test_positions_of_seed_0_stay_what_they_were(step, expected):
    # A resumed run must see what the interrupted one would have seen: a change here breaks resuming across versions.
    positions = TrainingOrder(8, 2, seed=0).positions(step)
    assert positions.dtype == np.int64
    assert positions.tolist() == expected
