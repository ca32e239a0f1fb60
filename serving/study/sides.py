"""Which side a method is shown on: dealt when a pair is given to a rater, so that every rater's sides are balanced, and every
picture's, whoever else is asked meanwhile and whatever does not count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Balances(NamedTuple):
    """By how much a pair's first method was on the left more often than on the right.

    Attributes:
        rater: with this rater, in all votes on the pair that count.
        pair: with all raters, at this duration.
        question: with all raters, for this picture.
    """

    rater: int
    pair: int
    question: int


def is_swapped_next(balances: Balances, coin: bool) -> bool:
    """Whether the first method comes on the right. A rater's own balance is within one vote at all times; what it leaves open
    serves the balance of pair and picture, and chance decides the rest."""
    pair = balances.pair if abs(balances.pair) > 1 else 0
    for balance in (balances.rater, pair, balances.question, balances.pair):
        if balance:
            return balance > 0
    return coin


def best_candidate(candidates: Sequence[Balances], coin: bool) -> tuple[int, bool]:
    """Returns which of the pairs that may come next is given, and whether it is swapped: the first that leaves the pair and the
    picture within one vote of balance, or else comes nearest to it."""
    sides = [is_swapped_next(each, coin) for each in candidates]

    def excess(number: int) -> int:
        step = -1 if sides[number] else 1
        return sum(max(0, abs(balance + step) - 1) for balance in candidates[number][1:])

    chosen = min(range(len(candidates)), key=excess)
    return chosen, sides[chosen]
