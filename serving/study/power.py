"""`tfhd study power`: how many votes it takes."""

from __future__ import annotations

from .statistics import votes_needed


def main(*, rate: float = 0.55, power: float = 0.8, level: float = 0.05) -> None:
    """Tell how many votes on a pair of methods tell a preference from chance, before anyone is asked.

    Args:
        rate: share of votes for one of the methods that shall be told from 1/2.
        power: share of studies in which the test tells it, if it is so.
        level: of the two-sided binomial test: share of studies in which it reports a difference where there is none.
    """
    votes = votes_needed(rate, power, level)
    print(f"It takes {votes} votes to tell {100 * rate:g} % from chance in {100 * power:g} % of studies, at level {level:g}")
