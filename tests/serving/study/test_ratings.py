"""Which trials raters are given, in the order of the study's plan."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import pairwise

import pytest

from tests.serving.study.conftest import tokens_of
from tfhd.serving.study import ratings as module
from tfhd.serving.study.database import connect
from tfhd.serving.study.ratings import Ratings, Refused, Vote
from tfhd.serving.study.votes import read_votes


def rate(ratings: Ratings, token: str, most: int = 10_000, choose=lambda row: "left") -> list:
    """A rater answers until there is nothing left; the rows of the trials."""
    ratings.consent(ratings.rater(token))
    rater, rows = ratings.rater(token), []
    while len(rows) < most and (row := ratings.next_trial(rater)) is not None:
        answer(ratings, rater, row, choose(row))
        rows.append(row)
    return rows


def answer(ratings: Ratings, rater, row, choice: str = "left") -> None:
    for side in ("left", "right"):
        ratings.picture(rater, row["id"], side)
    measured = () if row["seconds"] is None else (1000 * row["seconds"], 15, 17.0, "presentation")
    ratings.vote(rater, row["id"], Vote(choice, "a-nonce-of-a-vote", 900.0, *measured))


def test_practice_comes_first_then_votes_with_checks_among_them(make_study):
    study = make_study(("ours", "other", "third"), votes_per_pair=1, raters=1, practice=3, check_every=5)
    rows = rate(Ratings(study), tokens_of(study)[0])
    kinds = [row["kind"] for row in rows]
    assert kinds[:3] == ["practice"] * 3
    assert kinds.count("vote") == 12
    checks = [place for place, kind in enumerate(kinds[3:]) if kind == "check"]
    assert len(checks) in (2, 3)
    assert [place // 6 for place in checks] == sorted({place // 6 for place in checks})  # one among five votes each
    assert all(row["expected"] in ("left", "right") for row in rows if row["kind"] == "check")


def test_nobody_is_asked_twice_about_a_pair(make_study):
    study = make_study(votes_per_pair=3, raters=4)
    ratings = Ratings(study)
    for token in tokens_of(study):
        questions = [row["question"] for row in rate(ratings, token)]
        assert len(set(questions)) == len(questions) <= 4
    votes, asked = read_votes(study)
    assert len(votes) == asked == 12
    assert set(Counter(vote.name for vote in votes).values()) == {3}


def test_no_rater_gives_more_votes_than_asked_for(make_study):
    study = make_study(votes_per_pair=2, raters=3, per_rater=3)
    ratings = Ratings(study)
    assert [len(rate(ratings, token)) for token in tokens_of(study)] == [3, 3, 2]


def test_raters_at_once_are_never_given_the_same_vote(make_study):
    study = make_study(("ours", "other", "third"), votes_per_pair=2, raters=8)
    ratings = Ratings(study)
    threads = [threading.Thread(target=rate, args=(ratings, token)) for token in tokens_of(study)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    votes, asked = read_votes(study)
    assert len(votes) == asked == 24
    assert set(Counter((vote.first, vote.second, vote.name) for vote in votes).values()) == {2}


def test_an_unanswered_trial_is_given_again(make_study):
    study = make_study(raters=1)
    ratings = Ratings(study)
    rows = rate(ratings, tokens_of(study)[0], 2)
    rater = ratings.rater(tokens_of(study)[0])
    pending = ratings.next_trial(rater)
    assert pending["id"] not in [row["id"] for row in rows]
    assert Ratings(study).next_trial(rater)["id"] == pending["id"]  # by another process too


def test_what_a_rater_left_for_an_hour_is_given_to_another(make_study, monkeypatch):
    study = make_study(votes_per_pair=1, raters=2)
    ratings, (first, second) = Ratings(study), tokens_of(study)
    rate(ratings, first, 1)
    left = ratings.next_trial(ratings.rater(first))
    assert len(rate(ratings, second)) == 2  # of four: one has a vote, and one is kept for the first rater
    database = connect(study)
    database.execute("UPDATE trials SET given_at = given_at - ? WHERE id = ?", (module._PATIENCE_SECONDS + 1, left["id"]))
    database.close()
    assert [row["question"] for row in rate(ratings, second)] == [left["question"]]
    with pytest.raises(Refused, match="left for too long"):
        answer(ratings, ratings.rater(first), left)
    assert len(read_votes(study)[0]) == 4


def test_a_rater_comes_back_after_an_hour_to_the_same_trial_if_nobody_took_it(make_study):
    study = make_study(votes_per_pair=1, raters=2)
    ratings, token = Ratings(study), tokens_of(study)[0]
    rate(ratings, token, 1)
    left = ratings.next_trial(ratings.rater(token))
    database = connect(study)
    database.execute("UPDATE trials SET given_at = 0")
    database.close()
    assert ratings.next_trial(ratings.rater(token))["id"] == left["id"]


def test_the_order_is_the_seeds(make_study):
    orders = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        study = make_study(("ours", "other", "third"), name=name, raters=1, votes_per_pair=1, seed=seed, check_every=3)
        rate(Ratings(study), tokens_of(study)[0])
        orders.append([(vote.kind, vote.name, vote.left, vote.right) for vote in read_votes(study)[0]])
    assert orders[0] == orders[1] != orders[2]


def test_votes_are_stored_in_their_order(make_study):
    study = make_study(raters=1, votes_per_pair=1)
    rows = rate(Ratings(study), tokens_of(study)[0])
    votes, _ = read_votes(study)
    assert [vote.trial for vote in votes] == [row["id"] for row in rows]
    assert all(earlier.voted_at <= later.voted_at for earlier, later in pairwise(votes))
