"""Which pair is shown when, on which side and for how long: everything random of a study, as a function of its seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tfhd.errors import InputError

MOST_SLOTS = 1_000_000


class Plan(NamedTuple):
    """One entry for every vote that a study asks for, in the order in which they are given to raters.

    A question is one picture of one pair of methods: number `picture * num_pairs + pair`.

    Attributes:
        question: int64 `(votes,)`.
        is_swapped: bool `(votes,)`, whether the pair's first method is on the right.
        duration: int64 `(votes,)`, index into the study's durations; zeros where time is unlimited.
    """

    question: np.ndarray
    is_swapped: np.ndarray
    duration: np.ndarray


def plan_votes(num_pictures: int, num_pairs: int, votes: int, num_durations: int, seed: int) -> Plan:
    """Deals sides and durations evenly, and shuffles.

    The votes come in rounds, each of which asks every question once, so that an unfinished study has asked all of them about
    equally often. Of the votes on a question, half show the first method left; where their number is odd, another picture makes
    up for it. Of each round too half show a pair's first method left, and every duration has the same share of a round's votes on
    a pair and side: so neither is more frequent early or late in the study.

    Args:
        num_pictures: pictures of each method.
        num_pairs: pairs of methods.
        votes: on each question.
        num_durations: how many durations there are, at least 1.
        seed: of all of it.

    Raises:
        InputError: there are more votes than a study may have.
    """
    questions = num_pictures * num_pairs
    if questions * votes > MOST_SLOTS:
        raise InputError(
            f"{num_pictures} pictures x {num_pairs} pairs x {votes} votes are more than {MOST_SLOTS}; "
            "compare fewer pictures, or lower --votes-per-pair"
        )
    rng = np.random.default_rng(seed)
    is_swapped = np.stack([_deal_sides(num_pictures, votes, rng) for _ in range(num_pairs)], axis=1)
    duration = np.stack([_deal_durations(is_swapped[:, pair], num_durations, rng) for pair in range(num_pairs)], axis=1)
    # Each row of `order` is one round: all questions in random order.
    order = rng.permuted(np.tile(np.arange(questions), (votes, 1)), axis=1)
    rounds = np.arange(votes)[:, None]
    by_question = (each.reshape(questions, votes)[order, rounds].ravel() for each in (is_swapped, duration))
    return Plan(order.ravel(), *by_question)


def _deal_sides(num_pictures: int, votes: int, rng: np.random.Generator) -> np.ndarray:
    """Returns bool `(pictures, votes)` for one pair of methods: half of every row and column are True, or one more or less."""
    half = (num_pictures + 1) // 2
    start = rng.integers(2, size=(half, 1))
    rows = rng.permuted((start + np.arange(votes)) % 2, axis=1).astype(bool)
    # Every picture has another one whose sides are the opposite in each round.
    sides = np.concatenate([rows, ~rows[: num_pictures - half]])
    return rng.permutation(sides)


def _deal_durations(is_swapped: np.ndarray, num_durations: int, rng: np.random.Generator) -> np.ndarray:
    """Returns int64 `(pictures, votes)` for bool `(pictures, votes)` of one pair of methods."""
    duration = np.zeros(is_swapped.shape, np.int64)
    for side in (False, True):
        places = rng.permutation(np.argwhere(is_swapped == side))
        places = places[np.argsort(places[:, 1], kind="stable")]  # by round
        blocks = np.tile(np.arange(num_durations), (-(-len(places) // num_durations), 1))
        duration[places[:, 0], places[:, 1]] = rng.permuted(blocks, axis=1).ravel()[: len(places)]
    return duration
