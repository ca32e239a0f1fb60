"""What votes say: preference rates and how sure they are, agreement, a ranking, and how many votes it takes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.sparse.csgraph import connected_components

from tfhd.errors import InputError

_MOST_VOTES = 1_000_000


class Preference(NamedTuple):
    """How often the first of two methods was preferred.

    Attributes:
        votes: on the pair.
        wins: votes for the first method.
        rate: their share, 0..1; NaN without votes.
        low: lower end of the 95 % Wilson interval.
        high: upper end.
        p_value: of the two-sided exact binomial test against 1/2.
    """

    votes: int
    wins: int
    rate: float
    low: float
    high: float
    p_value: float


def preference(wins: int, votes: int) -> Preference:
    """Counts to a rate with its 95 % Wilson interval and binomial test; without votes, everything is possible."""
    if not votes:
        return Preference(0, 0, math.nan, 0.0, 1.0, 1.0)
    test = stats.binomtest(wins, votes)
    low, high = test.proportion_ci(0.95, "wilson")
    return Preference(votes, wins, wins / votes, float(low), float(high), float(test.pvalue))


class Agreement(NamedTuple):
    """How far raters agree who saw the same pair of pictures.

    Attributes:
        same: share of pairs of votes on one question that agree, 0..1; NaN where no question has two votes.
        alpha: Krippendorff's: 1 for perfect agreement, 0 for chance, negative for less; NaN where all votes are for one method.
    """

    same: float
    alpha: float


def agreement(wins: np.ndarray, votes: np.ndarray) -> Agreement:
    """Agreement on the questions of one pair of methods.

    Args:
        wins: int `(questions,)`, votes for the first method.
        votes: int `(questions,)`, all votes; questions with fewer than two do not count.
    """
    wins, votes = (np.asarray(counts, np.float64)[np.asarray(votes) > 1] for counts in (wins, votes))
    losses, total = votes - wins, votes.sum()
    if not total:
        return Agreement(math.nan, math.nan)
    differing = 2 * wins * losses  # ordered pairs of votes
    expected = 2 * wins.sum() * losses.sum() / (total - 1)
    same = 1 - differing.sum() / (votes * (votes - 1)).sum()
    alpha = 1 - (differing / (votes - 1)).sum() / expected if expected else math.nan
    return Agreement(float(same), float(alpha))


def bradley_terry(wins: np.ndarray) -> np.ndarray | None:
    """Strengths of methods under the Bradley-Terry model, by Hunter's iteration (Annals of Statistics 32, 2004).

    Args:
        wins: `(methods, methods)`, how often the row's method was preferred to the column's.

    Returns:
        float64 `(methods,)`, sums to 1: i is preferred to j with probability s[i] / (s[i] + s[j]). None where no finite strengths
        exist, since some methods never lost to, or were never compared with, the others.
    """
    wins = np.asarray(wins, np.float64)
    if connected_components(wins > 0, connection="strong")[0] > 1:
        return None
    games = wins + wins.T
    strength = np.full(len(wins), 1 / len(wins))
    for _ in range(100_000):
        updated = wins.sum(1) / (games / (strength[:, None] + strength)).sum(1)
        updated /= updated.sum()
        if np.allclose(updated, strength, rtol=1e-10, atol=0):
            break
        strength = updated
    return updated


def power_of(votes: np.ndarray, rate: float, level: float = 0.05) -> np.ndarray:
    """Probability that the two-sided exact binomial test tells a preference of `rate` from chance, for each number of votes.

    Args:
        votes: int `(n,)`, at least 1.
        rate: 0..1.
        level: of the test, 0..1.

    Returns:
        float64 `(n,)`.
    """
    # Under chance the count is symmetric, so the test rejects up to `most` votes for one method, and up to `most` for the other.
    most = stats.binom.ppf(level / 2, votes, 0.5)
    most -= stats.binom.cdf(most, votes, 0.5) > level / 2
    return stats.binom.cdf(most, votes, rate) + stats.binom.sf(votes - most - 1, votes, rate)


def votes_needed(rate: float, power: float = 0.8, level: float = 0.05) -> int:
    """The votes from which on a preference of `rate` is told from chance with probability `power`.

    Args:
        rate: above 0.5 and below 1.
        power: 0.5 to 0.999.
        level: of the test, 0.0001 to 0.5.

    Raises:
        InputError: a value is out of range, or it would take more than a million votes.
    """
    for name, value, least, most in (("rate", rate, 0.5, 1), ("power", power, 0.5, 0.999), ("level", level, 0.0001, 0.5)):
        if not least <= value <= most or (name == "rate" and value in (0.5, 1)):
            expected = "more than 0.5 and less than 1" if name == "rate" else f"{least} to {most}"
            raise InputError(f"--{name} is {value}; expected {expected}")
    distance = stats.norm.ppf(1 - level / 2) / 2 + stats.norm.ppf(power) * math.sqrt(rate * (1 - rate))
    about = int((distance / (rate - 0.5)) ** 2)
    if about > _MOST_VOTES:
        raise InputError(f"--rate {rate}: takes about {about} votes, more than {_MOST_VOTES}; ask for a clearer preference")
    # Power rises in a saw-tooth: what counts is the last number of votes that is not enough.
    votes = np.arange(max(1, about - about // 10 - 50), about + about // 10 + 50)
    too_few = votes[power_of(votes, rate, level) < power]
    return int(too_few.max(initial=0)) + 1
