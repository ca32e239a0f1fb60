"""From votes to what a study found."""

from __future__ import annotations

import math
import statistics as averages
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .bootstrap import Draws, interval, strengths_of
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
        clustered_low: lower end of the 95 % interval that allows for votes of one rater, and on one picture, resembling each
            other; never inside the other interval. NaN without votes.
        clustered_high: upper end.
    """

    first: str
    second: str
    seconds: float | None
    preference: Preference
    clustered_low: float
    clustered_high: float


class PictureRate(NamedTuple):
    """The same for one picture, all durations together."""

    first: str
    second: str
    name: str
    preference: Preference


class PairAgreement(NamedTuple):
    """How far raters agree about one pair of methods at one duration; None in unlimited time."""

    first: str
    second: str
    seconds: float | None
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
        intervals: 95 % of each strength, for other raters and pictures; None as before.
    """

    seconds: float | None
    strengths: dict[str, float] | None
    intervals: dict[str, tuple[float, float]] | None


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
        agreement: by pair and duration.
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
    by_question = _count(counted, lambda vote: (vote.first, vote.second, vote.seconds, vote.name))
    draws = _draw(counted)
    rates = [_rate(key, by_rate, draws) for key in ((*pair, each) for pair in design.pairs for each in durations)]
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
        agreement=[PairAgreement(*rate[:3], _agree(by_question, rate[:3])) for rate in rates],
        rankings=[_rank(methods, rates, draws, each) for each in durations] if len(methods) > 2 else [],
    )


def _draw(votes: list[StoredVote]) -> dict[tuple[str, str, float | None], tuple[np.ndarray, np.ndarray]]:
    """(Votes for the pair's first method, all votes) in every draw of the bootstrap, by pair and duration."""
    raters = {rater: number for number, rater in enumerate(sorted({vote.rater for vote in votes}))}
    names = {name: number for number, name in enumerate(sorted({vote.name for vote in votes}))}
    draws = Draws(len(raters), len(names))
    columns: dict[tuple[str, str, float | None], list[tuple[int, int, bool]]] = defaultdict(list)
    for vote in votes:
        key = vote.first, vote.second, vote.seconds
        columns[key].append((raters[vote.rater], names[vote.name], vote.preferred == vote.first))
    return {key: draws.count(*map(np.array, zip(*own, strict=True))) for key, own in columns.items()}


def _rate(key: tuple[str, str, float | None], by_rate: dict[Any, tuple[int, int]], draws: dict[Any, Any]) -> Rate:
    found = preference(*by_rate.get(key, (0, 0)))
    if not found.votes:
        return Rate(*key, found, math.nan, math.nan)
    wins, total = draws[key]
    low, high = interval(np.divide(wins, total, out=np.full(len(wins), np.nan), where=total > 0))
    # With few raters or pictures, or one answer alone, draws hardly differ, which tells nothing.
    return Rate(*key, found, min(float(low), found.low), max(float(high), found.high))


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


def _agree(by_question: dict[tuple[Any, ...], tuple[int, int]], key: tuple[Any, ...]) -> Agreement:
    counts = [value for own, value in by_question.items() if own[:3] == key]
    wins, votes = np.array(counts, np.int64).reshape(-1, 2).T
    return agreement(wins, votes)


def _rank(methods: list[str], rates: list[Rate], draws: dict[Any, Any], seconds: float | None) -> Ranking:
    wins = np.zeros((len(methods), len(methods)))
    drawn = np.zeros((len(next(iter(draws.values()))[0]) if draws else 0, *wins.shape))
    for rate in rates:
        if rate.seconds == seconds and rate.preference.votes:
            first, second = methods.index(rate.first), methods.index(rate.second)
            wins[first, second] = rate.preference.wins
            wins[second, first] = rate.preference.votes - rate.preference.wins
            won, total = draws[rate[:3]]
            drawn[:, first, second], drawn[:, second, first] = won, total - won
    strengths = bradley_terry(wins)
    if strengths is None:
        return Ranking(seconds, None, None)
    ends = np.transpose(interval(strengths_of(drawn))).tolist()
    intervals = {name: (low, high) for name, (low, high) in zip(methods, ends, strict=True)}
    return Ranking(seconds, dict(zip(methods, strengths.tolist(), strict=True)), intervals)


def _summarize_raters(votes: list[StoredVote]) -> list[RaterSummary]:
    checks = checks_of(votes)
    by_question = _count(
        (vote for vote in votes if not vote.kept_apart), lambda vote: (vote.first, vote.second, vote.seconds, vote.name)
    )
    own: dict[int, list[StoredVote]] = defaultdict(list)
    for vote in votes:
        own[vote.rater].append(vote)
    return [_summarize(rater, given, checks.get(rater, (0, 0)), by_question) for rater, given in sorted(own.items())]


def _summarize(
    rater: int,
    votes: list[StoredVote],
    checks: tuple[int, int],
    by_question: dict[tuple[Any, ...], tuple[int, int]],
) -> RaterSummary:
    counted = [vote for vote in votes if not vote.kept_apart]
    agrees = []
    for vote in counted:
        wins, total = by_question[vote.first, vote.second, vote.seconds, vote.name]
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
