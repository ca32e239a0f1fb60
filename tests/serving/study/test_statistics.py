from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tfhd.errors import InputError
from tfhd.serving.study.statistics import agreement, bradley_terry, power_of, preference, votes_needed


def test_preference_is_wilsons_interval_and_the_exact_test():
    found = preference(862, 1000)
    # Wilson's formula, written out.
    z, n, p = stats.norm.ppf(0.975), 1000, 0.862
    middle, half = (p + z**2 / (2 * n)) / (1 + z**2 / n), z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half))
    assert found.p_value == pytest.approx(2 * stats.binom.sf(861, 1000, 0.5))


def test_without_votes_everything_is_possible():
    found = preference(0, 0)
    assert math.isnan(found.rate)
    assert (found.low, found.high, found.p_value) == (0, 1, 1)


def test_agreement_of_a_small_example():
    # Questions with (2 of 2), (1 of 2), (0 of 3) votes for the first; the fourth has one vote and does not count.
    found = agreement(np.array([2, 1, 0, 1]), np.array([2, 2, 3, 1]))
    assert found.same == pytest.approx((2 + 0 + 6) / (2 + 2 + 6))
    # Krippendorff: coincidences of unequal values 2 x 1 x 1 / (2 - 1), expected 2 x 3 x 4 / (7 - 1).
    assert found.alpha == pytest.approx(1 - 2 / (24 / 6))


def test_agreement_is_perfect_absent_or_undefined():
    assert agreement(np.array([3, 0]), np.array([3, 3])) == (1, 1)
    assert agreement(np.array([2, 2]), np.array([4, 4])).alpha < 0
    assert math.isnan(agreement(np.array([3, 3]), np.array([3, 3])).alpha)  # no difference was possible
    assert all(map(math.isnan, agreement(np.array([1]), np.array([1]))))


def test_bradley_terry_recovers_strengths():
    strengths = np.array([0.5, 0.3, 0.2])
    wins = 1000 * strengths[:, None] / (strengths[:, None] + strengths)
    np.fill_diagonal(wins, 0)
    assert bradley_terry(wins) == pytest.approx(strengths, abs=1e-6)


def test_bradley_terry_of_two_methods_is_their_rate():
    assert bradley_terry(np.array([[0, 30], [10, 0]])) == pytest.approx([0.75, 0.25])


def test_no_finite_strengths_where_a_method_always_wins():
    assert bradley_terry(np.array([[0, 5, 5], [0, 0, 3], [0, 2, 0]])) is None
    assert bradley_terry(np.zeros((3, 3))) is None


@pytest.mark.parametrize("votes", [7, 50, 820])
def test_power_is_that_of_the_exact_test(votes):
    rejected = np.array([stats.binomtest(wins, votes).pvalue <= 0.05 for wins in range(votes + 1)])
    expected = stats.binom.pmf(np.arange(votes + 1), votes, 0.55)[rejected].sum()
    assert power_of(np.array([votes]), 0.55)[0] == pytest.approx(expected)


@pytest.mark.parametrize(("rate", "power"), [(0.55, 0.8), (0.55, 0.9), (0.6, 0.8), (0.862, 0.8)])
def test_votes_needed_suffice_from_there_on(rate, power):
    needed = votes_needed(rate, power)
    assert power_of(np.array([needed - 1]), rate)[0] < power
    assert power_of(np.arange(needed, needed + 2000), rate).min() >= power


@pytest.mark.parametrize(
    "arguments", [(0.5,), (0.4,), (1.0,), (math.nan,), (0.5001,), (0.55, 0.2), (0.55, 1.0), (0.55, 0.8, 0.0), (0.55, 0.8, 0.6)]
)
def test_questions_without_an_answer_are_refused(arguments):
    with pytest.raises(InputError):
        votes_needed(*arguments)
