from __future__ import annotations

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.serving.study.plan import plan_votes


def mean_places(keys: np.ndarray) -> np.ndarray:
    """Where in the study votes of each key come, on average: 0 at its start, 1 at its end."""
    places = (np.arange(len(keys)) + 0.5) / len(keys)
    return np.bincount(keys, places) / np.bincount(keys)


@pytest.mark.parametrize(("pictures", "pairs", "votes", "durations"), [(500, 1, 10, 1), (50, 10, 10, 7), (333, 3, 5, 2)])
def test_order_is_balanced(pictures, pairs, votes, durations):
    for seed in range(20):
        plan = plan_votes(pictures, pairs, votes, durations, seed)
        pair = plan.question % pairs
        assert (np.bincount(pair) == pictures * votes).all()
        # Neither pairs nor durations come early or late.
        for keys in (pair, plan.duration):
            assert abs(mean_places(keys) - 0.5).max() < 0.01


def test_every_question_comes_once_before_any_comes_again():
    plan = plan_votes(20, 3, 4, 1, 0)
    for rows in plan.question.reshape(4, 60):
        assert sorted(rows) == list(range(60))


def test_durations_have_equal_shares_in_every_round():
    plan = plan_votes(50, 3, 10, 7, 0)
    for pair in range(3):
        own = plan.question % 3 == pair
        counts = np.bincount(plan.duration[own], minlength=7)
        assert counts.max() - counts.min() <= 1
        for duration in plan.duration.reshape(10, 150)[own.reshape(10, 150)].reshape(10, 50):
            counts = np.bincount(duration, minlength=7)
            assert counts.max() - counts.min() <= 2


def test_the_seed_alone_decides():
    plan, same, other = (plan_votes(20, 3, 4, 7, seed) for seed in (5, 5, 6))
    assert all((first == second).all() for first, second in zip(plan, same, strict=True))
    assert (plan.question != other.question).any()


def test_the_order_of_a_seed_stays():
    # A study that was published with its seed is made again only if this holds.
    plan = plan_votes(3, 1, 2, 2, 7)
    assert plan.question.tolist() == [0, 2, 1, 2, 1, 0]
    assert plan.duration.tolist() == [1, 0, 0, 1, 0, 1]


def test_too_many_votes_are_refused():
    with pytest.raises(InputError, match="more than 1000000"):
        plan_votes(100_000, 3, 10, 1, 0)
