from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfhd.training import ImagePool

KEYS = ("label", "instance", "image")


def numbered(first: int, count: int) -> dict[str, np.ndarray]:
    """A batch whose pictures are told apart by the number that all their pixels have."""
    numbers = np.arange(first, first + count)
    label = np.broadcast_to(numbers[:, None, None], (count, 2, 4)).astype(np.int32)
    image = np.broadcast_to(-numbers[:, None, None, None], (count, 2, 4, 3)).astype(np.float32)
    return {"label": label, "instance": label + 1000, "image": image}


def fakes_of(batch: dict[str, np.ndarray]) -> np.ndarray:
    return batch["image"] + 0.5


def held(pool: ImagePool) -> set[int]:
    return {int(label[0, 0]) for label in pool.arrays().get("label", ())}


def go(pool: ImagePool, steps: range, count: int) -> list[dict[str, np.ndarray]]:
    """Shows and keeps the fakes of some steps."""
    drawn = []
    for step in steps:
        batch = numbered(step * count, count)
        drawn.append(pool.draw(batch, step))
        pool.store(batch, fakes_of(batch))
    return drawn


sizes = st.integers(1, 6)
counts = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)


@given(sizes, counts, seeds)
def test_a_pool_fills_up_with_the_first_fakes_and_shows_none_of_them_before_it_is_full(size, count, seed):
    pool = ImagePool(size, seed)
    for step in range(-(-size // count)):
        (drawn,) = go(pool, range(step, step + 1), count)
        assert not drawn["earlier"].any()
        assert held(pool) == set(range(min(size, (step + 1) * count)))


@given(sizes, counts, seeds)
def test_what_is_shown_is_the_newest_or_an_earlier_fake_with_its_own_labels(size, count, seed):
    pool = ImagePool(size, seed)
    for step in range(12):
        batch, before = numbered(step * count, count), held(pool)
        drawn = pool.draw(batch, step)
        for key in KEYS:
            assert (drawn[key].dtype, drawn[key].shape) == (batch[key].dtype, batch[key].shape)
            np.testing.assert_array_equal(drawn[key][~drawn["earlier"]], batch[key][~drawn["earlier"]])
        old = drawn["label"][drawn["earlier"]]
        shown = old[:, 0, 0].tolist()
        assert set(shown) <= before
        assert len(set(shown)) == len(shown), "no two of one batch are the same"
        np.testing.assert_array_equal(drawn["instance"][drawn["earlier"]], old + 1000)
        np.testing.assert_array_equal(drawn["image"][drawn["earlier"]], np.repeat(-old[..., None], 3, axis=-1) + 0.5)
        pool.store(batch, fakes_of(batch))
        if len(before) == size:
            newest = {step * count + int(index) for index in np.flatnonzero(drawn["earlier"])}
            assert held(pool) == before - set(shown) | newest, "a fake that was shown makes room for the newest"


def test_about_half_of_what_is_shown_is_earlier_and_of_all_ages():
    pool = ImagePool(10, seed=3)
    drawn = go(pool, range(1000), 2)[100:]
    assert 0.45 < np.mean([one["earlier"] for one in drawn]) < 0.55
    ages = [step * 2 - label for step, one in enumerate(drawn, 100) for label in one["label"][one["earlier"]][:, 0, 0]]
    assert min(ages) <= 4
    assert max(ages) > 40


@given(sizes, counts, seeds, st.integers(0, 12))
def test_a_restored_pool_goes_on_the_same(size, count, seed, interrupted):
    whole, first, second = (ImagePool(size, seed) for _ in range(3))
    expected = go(whole, range(15), count)
    go(first, range(interrupted), count)
    second.restore({key: array.copy() for key, array in first.arrays().items()})
    for got, want in zip(go(second, range(interrupted, 15), count), expected[interrupted:], strict=True):
        for key in (*KEYS, "earlier"):
            np.testing.assert_array_equal(got[key], want[key])
    assert held(second) == held(whole)


def test_draws_follow_from_seed_and_step():
    def draws(seed: int, first_step: int = 0) -> list[list[bool]]:
        pool = ImagePool(2, seed)
        return [one["earlier"].tolist() for one in go(pool, range(first_step, first_step + 40), 2)]

    assert draws(0) == draws(0)
    assert draws(0) != draws(1)
    assert draws(0) != draws(0, first_step=40)


def test_what_was_drawn_does_not_change_with_the_pool():
    pool = ImagePool(1, seed=0)
    drawn = go(pool, range(20), 1)
    shown = [int(one["label"][0, 0, 0]) for one in drawn]
    copies = [{key: array.copy() for key, array in one.items()} for one in drawn]
    go(pool, range(20, 40), 1)
    assert shown != list(range(20))
    for one, copy in zip(drawn, copies, strict=True):
        np.testing.assert_array_equal(one["image"], copy["image"])
