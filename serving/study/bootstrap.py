"""Intervals that hold for other raters and other pictures: the pigeonhole bootstrap (Owen, Annals of Applied Statistics 1, 2007).

Votes of one rater, or on one picture, resemble each other, so there is less in them than in as many independent ones. Each draw
takes raters and pictures anew, with replacement and independently of each other, and counts a vote as often as its rater times as
often as its picture was taken.
"""

from __future__ import annotations

import numpy as np

_DRAWS = 1000
_LEVEL = 0.95
_AT_A_TIME = 4_000_000
"""Weights of votes that are in memory at a time."""
_ITERATIONS = 1000


class Draws:
    """How often each draw takes each rater and each picture; the same for all that is counted, so that draws can be compared.

    Args:
        num_raters: of the study.
        num_pictures: of the study.
    """

    def __init__(self, num_raters: int, num_pictures: int) -> None:
        rng = np.random.default_rng(0)
        self._raters, self._pictures = (_resample(count, rng) for count in (num_raters, num_pictures))

    def count(self, raters: np.ndarray, pictures: np.ndarray, is_first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Counts votes in every draw.

        Args:
            raters: int `(votes,)`, from 0.
            pictures: int `(votes,)`, from 0.
            is_first: bool `(votes,)`, whether they are for the pair's first method.

        Returns:
            float64 `(draws,)` each: votes for the first method, and all votes.
        """
        wins, total = np.zeros(_DRAWS), np.zeros(_DRAWS)
        step = max(1, _AT_A_TIME // _DRAWS)
        for start in range(0, len(raters), step):
            part = slice(start, start + step)
            weights = self._raters[raters[part]] * self._pictures[pictures[part]]
            wins += is_first[part].astype(np.float32) @ weights
            total += weights.sum(0)
        return wins, total


def _resample(count: int, rng: np.random.Generator) -> np.ndarray:
    """Float32 `(count, draws)`: how often each of `count` is taken."""
    taken = np.zeros((count, _DRAWS), np.float32)
    step = max(1, _AT_A_TIME // max(1, count))
    for start in range(0, _DRAWS, step):
        draws = min(step, _DRAWS - start)
        numbers = rng.integers(count, size=(draws, count)) if count else np.zeros((draws, 0), np.int64)
        places = numbers * draws + np.arange(draws)[:, None]
        taken[:, start : start + draws] = np.bincount(places.ravel(), minlength=count * draws).reshape(count, draws)
    return taken


def interval(values: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of `(draws,)` or, along the first axis, of `(draws, n)`; NaN draws are left out."""
    low, high = np.nanquantile(values, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    return low, high


def strengths_of(wins: np.ndarray) -> np.ndarray:
    """Bradley-Terry strengths in every draw, as `statistics.bradley_terry`, but where they tend to 0 or 1, as far as they came.

    Args:
        wins: `(draws, methods, methods)`, how often the row's method was preferred to the column's.

    Returns:
        float64 `(draws, methods)`; NaN in draws without votes.
    """
    games = wins + wins.transpose(0, 2, 1)
    won = np.maximum(wins.sum(2), 1e-9)
    strength = np.full(wins.shape[:2], 1 / wins.shape[1])
    for _ in range(_ITERATIONS):
        expected = (games / (strength[:, :, None] + strength[:, None, :])).sum(2)
        updated = won / np.maximum(expected, 1e-9)
        updated /= updated.sum(1, keepdims=True)
        if np.allclose(updated, strength, rtol=1e-6, atol=1e-9):
            break
        strength = updated
    updated[games.sum((1, 2)) == 0] = np.nan
    return updated
