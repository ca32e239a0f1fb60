"""Which pair is shown when and for how long, as a function of the study's seed; `sides` deals the sides."""

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
        duration: int64 `(votes,)`, index into the study's durations; zeros where time is unlimited.
    """

    question: np.ndarray
    duration: np.ndarray


def plan_votes(num_pictures: int, num_pairs: int, votes: int, num_durations: int, seed: int) -> Plan:
    """Deals durations evenly, and shuffles.

    The votes come in rounds, each of which asks every question once, so that an unfinished study has asked all of them about
    equally often. Every duration has the same share of a round's votes on a pair of methods, so none is more frequent early or
    late in the study.

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
    duration = np.stack([_deal_durations(num_pictures, votes, num_durations, rng) for _ in range(num_pairs)], axis=1)
    # Each row of `order` is one round: all questions in random order.
    order = rng.permuted(np.tile(np.arange(questions), (votes, 1)), axis=1)
    rounds = np.arange(votes)[:, None]
    return Plan(order.ravel(), duration.reshape(questions, votes)[order, rounds].ravel())


def _deal_durations(pictures: int, votes: int, num_durations: int, rng: np.random.Generator) -> np.ndarray:
    """Returns int64 `(pictures, votes)` for one pair of methods: round by round, in shuffled blocks of all durations."""
    blocks = np.tile(np.arange(num_durations), (-(-pictures * votes // num_durations), 1))
    dealt = rng.permuted(blocks, axis=1).ravel()[: pictures * votes].reshape(votes, pictures)
    return rng.permuted(dealt, axis=1).T
