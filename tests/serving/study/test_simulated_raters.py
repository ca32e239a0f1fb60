"""Raters whose preference is known: what the study reports of them."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from scipy import stats

from tests.serving.study.conftest import create_study, tokens_of, write_pictures
from tfhd.serving.study.design import Design
from tfhd.serving.study.evaluation import Results, evaluate
from tfhd.serving.study.ratings import Ratings
from tfhd.serving.study.sides import Balances, is_swapped_next
from tfhd.serving.study.statistics import preference
from tfhd.serving.study.vote import Vote
from tfhd.serving.study.votes import read_votes

PICTURES, VOTES, STUDIES = 500, 10, 1000


RATES = (0.5, 0.6, 0.862)


def deal_sides(rng: np.random.Generator) -> np.ndarray:
    """Bool `(raters, pictures)`: whether votes of a study are swapped, each rater answering all pictures."""
    is_swapped, pair, pictures = np.zeros((VOTES, PICTURES), bool), 0, [0] * PICTURES
    coins = rng.integers(2, size=is_swapped.shape).astype(bool).tolist()
    for rater in range(VOTES):
        own = 0
        for picture in rng.permutation(PICTURES).tolist():
            swapped = is_swapped_next(Balances(own, pair, pictures[picture]), coins[rater][picture])
            step = -1 if swapped else 1
            own, pair, pictures[picture] = own + step, pair + step, pictures[picture] + step
            is_swapped[rater, picture] = swapped
    return is_swapped


def test_intervals_cover_the_true_rate_at_their_level():
    """1,000 studies of 5,000 votes: raters press the side of the method that they prefer."""
    rng, preference_of = np.random.default_rng(0), functools.cache(preference)  # of counts, many of which come again
    covered, told = dict.fromkeys(RATES, 0), dict.fromkeys(RATES, 0)
    for study in range(STUDIES):
        if study % 20 == 0:
            is_swapped = deal_sides(rng)
            assert (is_swapped.mean(1) == 0.5).all()  # for every rater
            assert abs(np.flatnonzero(is_swapped).mean() / (is_swapped.size - 1) - 0.5) < 0.01  # neither early nor late
            is_swapped = is_swapped.ravel()
        for rate in RATES:
            is_left_chosen = (rng.random(len(is_swapped)) < rate) != is_swapped
            # As results are counted: the side that was chosen is the first method's, unless the pair was swapped.
            found = preference_of(int((is_left_chosen != is_swapped).sum()), len(is_swapped))
            covered[rate] += found.low <= rate <= found.high
            told[rate] += found.p_value < 0.05
    # How often a 95 % interval covers the rate in 1,000 studies is random itself; this is its own 99.9 % range.
    low, high = stats.binom.interval(0.999, STUDIES, 0.95)
    assert all(low <= count <= high for count in covered.values()), covered
    assert told[0.5] <= stats.binom.ppf(0.9995, STUDIES, 0.05)
    assert told[0.6] == told[0.862] == STUDIES


def whole_study(folder: Path, choose, raters: int = 6, pictures: int = 10) -> Results:
    """A study through the database: raters answer what they are given, by `choose(row, rng)` of the trial's row."""
    names = [f"{number:03}" for number in range(pictures)]
    sources = [f"{name}={write_pictures(folder / name, names, 100, (2, 2))}" for name in ("ours", "other")]
    study = folder / "study"
    create_study(study, pictures=tuple(sources), raters=raters, votes_per_pair=raters, practice=0, check_every=0)
    ratings, rng = Ratings(study), np.random.default_rng(0)
    for token in tokens_of(study):
        ratings.consent(ratings.rater(token))
        rater = ratings.rater(token)
        while (row := ratings.next_trial(rater)) is not None:
            for side in ("left", "right"):
                ratings.picture(rater, row["id"], side)
            ratings.vote(rater, row["id"], Vote(choose(ratings, row, rng), "a-nonce-of-a-vote", 900.0))
    return evaluate(Design.read(study), *read_votes(study))


def test_a_rater_who_always_presses_left_prefers_nothing(tmp_path):
    results = whole_study(tmp_path, lambda ratings, row, rng: "left")
    assert results.left == 1
    found = results.rates[0].preference
    assert found.votes == 60
    assert found.rate == 0.5
    assert found.p_value == 1


def test_a_preference_goes_through_the_whole_study(tmp_path):
    wins = []

    def choose(ratings, row, rng):
        wins.append(rng.random() < 0.862)
        method = ratings._database.execute("SELECT method FROM pictures WHERE id = ?", (row["left"],)).fetchone()["method"]
        return "left" if (method == "ours") == wins[-1] else "right"

    results = whole_study(tmp_path, choose)
    found = results.rates[0].preference
    assert (found.wins, found.votes) == (sum(wins), 60)
    assert sum(each.preference.wins for each in results.pictures) == sum(wins)
    assert [each.preference.votes for each in results.rater_rates] == [10] * 6
    assert [each.votes for each in results.raters] == [10] * 6
