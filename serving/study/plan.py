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

    Every question comes once before any comes a second time, so that an unfinished study has asked all of them about equally
    often. Of the votes on a question, half show the first method left; where their number is odd, the questions of a pair make up
    for each other. Of the votes of a pair and side, every duration has the same share.

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
    # (pictures, pairs): on which side a question's votes start, evenly for every pair.
    start = rng.permuted(np.broadcast_to(np.arange(num_pictures)[:, None] % 2, (num_pictures, num_pairs)), axis=0)
    start = (start + rng.integers(2, size=num_pairs)).reshape(questions, 1)
    is_swapped = rng.permuted((start + np.arange(votes)) % 2, axis=1).astype(bool)
    duration = _deal_durations(is_swapped.reshape(num_pictures, num_pairs, votes), num_durations, rng)
    # Each row of `order` is one round: all questions in random order.
    order = rng.permuted(np.tile(np.arange(questions), (votes, 1)), axis=1)
    rounds = np.arange(votes)[:, None]
    return Plan(order.ravel(), is_swapped[order, rounds].ravel(), duration[order, rounds].ravel())


def _deal_durations(is_swapped: np.ndarray, num_durations: int, rng: np.random.Generator) -> np.ndarray:
    """Returns int64 `(pictures * pairs, votes)` for bool `(pictures, pairs, votes)`."""
    duration = np.zeros(is_swapped.shape, np.int64)
    for pair in range(is_swapped.shape[1]):
        dealt = int(rng.integers(num_durations))
        for side in (False, True):
            places = rng.permutation(np.argwhere(is_swapped[:, pair] == side))
            duration[places[:, 0], pair, places[:, 1]] = (dealt + np.arange(len(places))) % num_durations
            dealt += len(places)
    return duration.reshape(-1, is_swapped.shape[2])
