"""Clustered intervals: what they cover where raters and pictures differ."""

from __future__ import annotations

import numpy as np
import pytest

from tfhd.serving.study.bootstrap import Draws, interval, strengths_of
from tfhd.serving.study.statistics import bradley_terry, preference

PICTURES, RATERS, STUDIES = 50, 10, 150


def simulate(rng: np.random.Generator, strength: float = 0.0) -> np.ndarray:
    """Bool `(raters, pictures)`: votes for the first method; pictures and raters differ by 1.0 and 0.5 on the logit scale."""
    logit = strength + rng.normal(0, 1.0, PICTURES) + rng.normal(0, 0.5, (RATERS, 1))
    return rng.random((RATERS, PICTURES)) < 1 / (1 + np.exp(-logit))


def clustered(votes: np.ndarray) -> tuple[float, float]:
    raters, pictures = (axis.ravel() for axis in np.indices(votes.shape))
    wins, total = Draws(*votes.shape).count(raters, pictures, votes.ravel())
    return interval(wins / total)


def test_clustered_intervals_cover_where_wilsons_do_not():
    rng = np.random.default_rng(5)
    covered = {"wilson": 0, "clustered": 0}
    for _ in range(STUDIES):
        votes = simulate(rng)
        found = preference(int(votes.sum()), votes.size)
        covered["wilson"] += found.low <= 0.5 <= found.high
        low, high = clustered(votes)
        covered["clustered"] += low <= 0.5 <= high
    assert covered["wilson"] < 0.75 * STUDIES  # which is why there are the others
    assert covered["clustered"] >= 0.9 * STUDIES


def test_a_draw_takes_whole_raters_and_pictures():
    votes = np.tile([True, False], (6, 20))  # pictures differ, raters do not
    low, high = clustered(votes)
    found = preference(int(votes.sum()), votes.size)
    assert low < found.low
    assert high > found.high
    assert clustered(np.ones((5, 7), bool)) == (1, 1)


@pytest.mark.parametrize("wins", [[[0, 30, 12], [10, 0, 25], [20, 15, 0]], [[0, 3], [9, 0]]])
def test_strengths_of_draws_are_those_of_the_model(wins):
    found = strengths_of(np.array([wins, np.multiply(2, wins), np.zeros_like(wins)], float))
    assert found[0] == pytest.approx(bradley_terry(np.array(wins)), abs=1e-4)
    assert found[1] == pytest.approx(found[0])
    assert np.isnan(found[2]).all()


def test_strengths_without_a_defeat_tend_to_one():
    (found,) = strengths_of(np.array([[[0, 5, 5], [0, 0, 3], [0, 2, 0]]], float))
    assert found[0] > 0.99
