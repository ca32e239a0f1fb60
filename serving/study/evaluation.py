"""From votes to what a study found."""

from __future__ import annotations

import math
import statistics as averages
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

import numpy as np

from .design import Design
from .statistics import Agreement, Preference, agreement, bradley_terry, preference
from .votes import StoredVote, checks_of

Key = TypeVar("Key", bound=Hashable)


class Rate(NamedTuple):
    """How often one method was preferred to another.

    Attributes:
        first: whose rate it is.
        second: that it was compared with.
        seconds: that pictures were shown; None in unlimited time.
        preference: votes, rate, interval and test.
    """

    first: str
    second: str
    seconds: float | None
    preference: Preference


class PictureRate(NamedTuple):
    """The same for one picture, all durations together."""

    first: str
    second: str
    name: str
    preference: Preference


class PairAgreement(NamedTuple):
    """How far raters agree about one pair of methods, all durations together."""

    first: str
    second: str
    agreement: Agreement


class RaterSummary(NamedTuple):
    """How one rater voted.

    Attributes:
        rater: number.
        votes: that count.
        kept_apart: other votes, without practice and checks.
        checks_passed: attention checks.
        checks: all of them.
        left: share of the counted votes for the picture on the left, 0..1; NaN without votes.
        with_majority: share of votes that agree with most others' on the same question, where most others agree; NaN where none.
        median_seconds: from the pictures' appearance to the answer; NaN without votes.
    """

    rater: int
    votes: int
    kept_apart: int
    checks_passed: int
    checks: int
    left: float
    with_majority: float
    median_seconds: float


class RaterRate(NamedTuple):
    """The rate of one rater, all pictures and durations together."""

    first: str
    second: str
    rater: int
    preference: Preference


class Ranking(NamedTuple):
    """Strengths of methods under the Bradley-Terry model.

    Attributes:
        seconds: that pictures were shown; None in unlimited time.
        strengths: of each method, sum to 1; None where votes allow no finite ones.
    """

    seconds: float | None
    strengths: dict[str, float] | None


class Results(NamedTuple):
    """What a study found.

    Attributes:
        question: that raters were asked.
        asked: votes that the study asks for.
        counted: votes that count.
        kept_apart: how many do not, by reason; without practice and checks.
        left: share of the counted votes for the left picture, 0..1; NaN without votes.
        rates: by pair of methods and duration.
        pictures: by pair and picture.
        raters: one for each that voted.
        rater_rates: by pair and rater.
        agreement: by pair.
        rankings: by duration; empty for two methods.
    """

    question: str
    asked: int
    counted: int
    kept_apart: dict[str, int]
    left: float
    rates: list[Rate]
    pictures: list[PictureRate]
    raters: list[RaterSummary]
    rater_rates: list[RaterRate]
    agreement: list[PairAgreement]
    rankings: list[Ranking]


def evaluate(design: Design, votes: list[StoredVote], asked: int) -> Results:
    """Evaluates the votes that `read_votes` returned."""
    counted = [vote for vote in votes if not vote.kept_apart]
    durations = design.seconds or (None,)
    methods = [name for name in design.methods if any(name in pair for pair in design.pairs)]
    by_rate = _count(counted, lambda vote: (vote.first, vote.second, vote.seconds))
    rates = [Rate(*pair, each, preference(*by_rate.get((*pair, each), (0, 0)))) for pair in design.pairs for each in durations]
    by_picture = _count(counted, lambda vote: (vote.first, vote.second, vote.name))
    by_rater = _count(counted, lambda vote: (vote.first, vote.second, vote.rater))
    apart = [vote.kept_apart for vote in votes if vote.kept_apart and vote.kind == "vote"]
    return Results(
        question=design.question,
        asked=asked,
        counted=len(counted),
        kept_apart=dict(sorted(Counter(apart).items())),
        left=_share(vote.choice == "left" for vote in counted),
        rates=rates,
        pictures=[PictureRate(*key, preference(*counts)) for key, counts in sorted(by_picture.items())],
        raters=_summarize_raters(votes),
        rater_rates=[RaterRate(*key, preference(*counts)) for key, counts in sorted(by_rater.items())],
        agreement=[PairAgreement(*pair, _agree(by_picture, pair)) for pair in design.pairs],
        rankings=[_rank(methods, rates, each) for each in durations] if len(methods) > 2 else [],
    )


def _count(votes: Iterable[StoredVote], key: Callable[[StoredVote], Key]) -> dict[Key, tuple[int, int]]:
    """(Votes for the pair's first method, all votes) by key."""
    counts: dict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for vote in votes:
        wins, total = counts[key(vote)]
        counts[key(vote)] = wins + (vote.preferred == vote.first), total + 1
    return dict(counts)


def _share(values: Iterable[bool]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else math.nan


def _agree(by_picture: dict[tuple[str, str, str], tuple[int, int]], pair: tuple[str, str]) -> Agreement:
    counts = [value for (first, second, _), value in by_picture.items() if (first, second) == pair]
    wins, votes = np.array(counts, np.int64).reshape(-1, 2).T
    return agreement(wins, votes)


def _rank(methods: list[str], rates: list[Rate], seconds: float | None) -> Ranking:
    wins = np.zeros((len(methods), len(methods)))
    for rate in rates:
        if rate.seconds == seconds:
            first, second = methods.index(rate.first), methods.index(rate.second)
            wins[first, second] = rate.preference.wins
            wins[second, first] = rate.preference.votes - rate.preference.wins
    strengths = bradley_terry(wins)
    return Ranking(seconds, None if strengths is None else dict(zip(methods, strengths.tolist(), strict=True)))


def _summarize_raters(votes: list[StoredVote]) -> list[RaterSummary]:
    checks = checks_of(votes)
    by_question = _count((vote for vote in votes if not vote.kept_apart), lambda vote: (vote.first, vote.second, vote.name))
    own: dict[int, list[StoredVote]] = defaultdict(list)
    for vote in votes:
        own[vote.rater].append(vote)
    return [_summarize(rater, given, checks.get(rater, (0, 0)), by_question) for rater, given in sorted(own.items())]


def _summarize(
    rater: int,
    votes: list[StoredVote],
    checks: tuple[int, int],
    by_question: dict[tuple[str | None, str | None, str], tuple[int, int]],
) -> RaterSummary:
    counted = [vote for vote in votes if not vote.kept_apart]
    agrees = []
    for vote in counted:
        wins, total = by_question[vote.first, vote.second, vote.name]
        own = vote.preferred == vote.first
        lead = 2 * (wins - own) - (total - 1)  # of the first method among the others' votes
        if lead:
            agrees.append((lead > 0) == own)
    return RaterSummary(
        rater=rater,
        votes=len(counted),
        kept_apart=sum(vote.kind == "vote" for vote in votes) - len(counted),
        checks_passed=checks[0],
        checks=checks[1],
        left=_share(vote.choice == "left" for vote in counted),
        with_majority=_share(agrees),
        median_seconds=averages.median(vote.answer_ms for vote in counted) / 1000 if counted else math.nan,
    )
