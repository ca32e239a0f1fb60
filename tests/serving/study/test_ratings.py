"""Which trials raters are given, in the order of the study's plan."""

from __future__ import annotations

import random
import threading
from collections import Counter
from itertools import pairwise

import pytest

from tests.serving.study.conftest import create_study, tokens_of, write_pictures
from tfhd.serving.study import trials as module
from tfhd.serving.study.database import connect
from tfhd.serving.study.ratings import Ratings, Refused
from tfhd.serving.study.vote import Vote
from tfhd.serving.study.votes import read_votes


def rate(ratings: Ratings, token: str, most: int = 10_000, choose=lambda row: "left") -> list:
    """A rater answers until there is nothing left; the rows of the trials."""
    ratings.consent(ratings.rater(token))
    rater, rows = ratings.rater(token), []
    while len(rows) < most and (row := ratings.next_trial(rater)) is not None:
        answer(ratings, rater, row, choose(row))
        rows.append(row)
    return rows


def attentive(row) -> str:
    """Passes all checks, and presses left otherwise."""
    return row["expected"] or "left"


def careless(row) -> str:
    """Fails all checks."""
    return "right" if row["expected"] == "left" else "left"


def answer(ratings: Ratings, rater, row, choice: str = "left", shown: float = 1.0, answer_ms: float = 900.0) -> None:
    """A rater's vote; shown: how long, as a share of the time asked for."""
    for side in ("left", "right"):
        ratings.picture(rater, row["id"], side)
    measured = () if row["seconds"] is None else (1000 * shown * row["seconds"], 15, 17.0, "presentation")
    ratings.vote(rater, row["id"], Vote(choice, "a-nonce-of-a-vote", answer_ms, *measured))


def test_practice_comes_first_then_votes_with_checks_among_them(make_study):
    study = make_study(("ours", "other", "third"), votes_per_pair=1, raters=1, practice=3, check_every=5)
    rows = rate(Ratings(study), tokens_of(study)[0], choose=attentive)
    kinds = [row["kind"] for row in rows]
    assert kinds[:3] == ["practice"] * 3
    assert kinds.count("vote") == 12
    checks = [place for place, kind in enumerate(kinds[3:]) if kind == "check"]
    assert [place // 4 for place in checks] == [0, 1, 2, 3]  # one among three votes each, so that there are four
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


def counted(study) -> list:
    return [vote for vote in read_votes(study)[0] if not vote.kept_apart]


def test_votes_of_a_rater_who_fails_checks_are_asked_of_others(make_study):
    study = make_study(votes_per_pair=2, raters=3, check_every=1)
    ratings, (good, bad, late) = Ratings(study), tokens_of(study)
    rate(ratings, good, choose=attentive)
    rate(ratings, bad, choose=careless)
    assert len(counted(study)) == 4
    assert ratings.progress(ratings.rater(late)) == {"done": 0, "total": 4}
    rate(ratings, late, choose=attentive)
    assert len(counted(study)) == read_votes(study)[1] == 8
    assert Counter(vote.name for vote in counted(study)) == {f"street{number}": 2 for number in range(4)}
    # Nothing more is asked of who failed, and votes that were asked again do not come back.
    assert rate(ratings, bad) == []
    assert {vote.rater for vote in counted(study)} == {1, 3}


def test_a_rater_who_fails_and_goes_away_is_judged_after_an_hour(make_study):
    study = make_study(votes_per_pair=1, raters=2, check_every=1)
    ratings, (bad, late) = Ratings(study), tokens_of(study)
    rate(ratings, bad, 4, choose=careless)  # two checks of four: too early to tell, had one check more been passed
    given = [vote for vote in read_votes(study)[0] if vote.kind == "vote"]
    database = connect(study)
    database.execute("UPDATE trials SET given_at = given_at - ?", (module._PATIENCE_SECONDS + 1,))
    database.close()
    rate(ratings, late, choose=attentive)
    assert given
    assert len(counted(study)) == 4
    assert {vote.rater for vote in counted(study)} == {2}


@pytest.mark.parametrize("fault", [{"shown": 1.5}, {"shown": 0.5}, {"answer_ms": 120.0}])
def test_a_vote_that_does_not_count_is_asked_of_another(make_study, fault):
    study = make_study(votes_per_pair=1, raters=2, limited_time=True, seconds=(0.25, 1.0))
    ratings, (first, second) = Ratings(study), tokens_of(study)
    ratings.consent(ratings.rater(first))
    wrong = ratings.next_trial(ratings.rater(first))
    answer(ratings, ratings.rater(first), wrong, **fault)
    own = [row["question"] for row in rate(ratings, first)]
    assert len(own) == 3  # the pair that was seen once is not shown to the same rater again
    assert wrong["question"] not in own
    (again,) = rate(ratings, second)
    assert (again["question"], again["seconds"]) == (wrong["question"], wrong["seconds"])
    assert len(counted(study)) == 4


def balances(votes, rater: int | None = None) -> Counter:
    """By pair of methods and picture: how much more often the first method was left than right; None for all pictures."""
    found = Counter()
    for vote in votes:
        if rater in (None, vote.rater):
            step = 1 if vote.left == vote.first else -1
            for name in (None, vote.name):
                found[vote.first, vote.second, name] += step
    return found


def test_sides_are_balanced_for_every_rater_at_once_whatever_is_kept_apart(tmp_path):
    names = [f"{number:02}" for number in range(21)]
    sources = tuple(f"{method}={write_pictures(tmp_path / method, names, 60, (2, 2))}" for method in ("ours", "other", "third"))
    create_study(
        tmp_path / "study", pictures=sources, votes_per_pair=6, raters=8, practice=0, limited_time=True, seconds=(0.25, 1.0)
    )
    study, stopped = tmp_path / "study", 0
    ratings, rng = Ratings(study), random.Random(3)
    going = tokens_of(study)
    for token in going:
        ratings.consent(ratings.rater(token))
    while going:  # in any order, as raters at once come
        token = rng.choice(going)
        rater = ratings.rater(token)
        row = ratings.next_trial(rater)
        if row is None or (stopped < 2 and rng.random() < 0.01):  # two of them leave in the midst of it
            stopped += row is not None
            going.remove(token)
            continue
        answer(ratings, rater, row, attentive(row), shown=1.5 if rng.random() < 0.1 else 1.0)
    votes = counted(study)
    assert stopped == 2
    for rater in range(1, 9):
        per_pair = [value for (_, _, name), value in balances(votes, rater).items() if name is None]
        assert max(map(abs, per_pair)) <= 1
        own = [vote for vote in votes if vote.rater == rater]
        firsts = sum(vote.preferred == vote.first for vote in own)  # always left
        assert abs(2 * firsts - len(own)) <= 3  # of three pairs of methods
    everybody = balances(votes)
    assert max(abs(value) for (_, _, name), value in everybody.items() if name is None) <= 4  # of 126 votes
    assert max(abs(value) for (_, _, name), value in everybody.items() if name) <= 4
