"""What a study reports of votes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from tests.serving.study.conftest import tokens_of
from tests.serving.study.test_ratings import rate
from tfhd.errors import InputError
from tfhd.serving.study import power, results
from tfhd.serving.study.design import Design
from tfhd.serving.study.evaluation import evaluate
from tfhd.serving.study.ratings import Ratings
from tfhd.serving.study.report import as_markdown
from tfhd.serving.study.votes import StoredVote, judge, read_votes

VOTE = StoredVote(
    trial="t", rater=1, kind="vote", name="street0", first="ours", second="other", left="ours", right="other", seconds=None,
    expected=None, choice="left", answer_ms=900.0, shown_ms=None, frames=None, longest_frame_ms=None, clock=None,
    is_interrupted=0, loads=1, width=512.0, height=256.0, pixel_ratio=1.0, is_stacked=0, voted_at=0.0,
)  # fmt: skip
CHECK = VOTE._replace(kind="check", first=None, second=None, right="noise", expected="left")
SHOWN = VOTE._replace(seconds=0.25, shown_ms=250.0, frames=15, longest_frame_ms=17.0, clock="presentation")


DESIGN = Design(
    methods=("ours", "other"), pairs=(("ours", "other"),), seconds=(), votes_per_pair=1, per_rater=0, practice=0, check_every=0,
    break_every=0, min_checks_passed=0.8, scale=1.0, question="Which?", consent="Yes.", seed=0,
)  # fmt: skip


def reasons(*votes: StoredVote, **design: float) -> list[str]:
    return [vote.kept_apart for vote in judge(list(votes), replace(DESIGN, **design))]


def test_votes_of_raters_who_fail_checks_are_kept_apart():
    passed, failed = CHECK, CHECK._replace(choice="right")
    assert reasons(VOTE, *[passed] * 8, *[failed] * 2)[0] == ""  # 8 of 10 are 80 %
    assert reasons(VOTE, *[passed] * 7, *[failed] * 2)[0] == "rater failed attention checks"
    assert reasons(VOTE, *[failed._replace(rater=2)] * 3)[0] == ""


def test_one_slip_in_few_checks_is_forgiven():
    passed, failed = CHECK, CHECK._replace(choice="right")
    assert reasons(VOTE, *[passed] * 3, failed)[0] == ""
    assert reasons(VOTE, *[passed] * 3, failed, min_checks_passed=1.0)[0] == "rater failed attention checks"
    assert reasons(VOTE, *[passed] * 2, *[failed] * 2)[0] == "rater failed attention checks"


def test_answers_quicker_than_a_choice_are_kept_apart():
    assert reasons(VOTE._replace(answer_ms=299.0), VOTE._replace(answer_ms=300.0)) == ["answered too fast", ""]
    assert reasons(SHOWN._replace(answer_ms=60.0)) == ["answered too fast"]


@pytest.mark.parametrize(
    ("shown", "reason"),
    [(250, ""), (300, ""), (200, ""), (300.1, "shown too long"), (5000, "shown too long"), (199.9, "shown too short")],
)
def test_trials_that_were_not_shown_as_asked_are_kept_apart(shown, reason):
    assert reasons(SHOWN._replace(shown_ms=float(shown))) == [reason]


def test_what_else_keeps_votes_of_limited_time_apart():
    assert reasons(SHOWN._replace(is_interrupted=1)) == ["page hidden meanwhile"]
    assert reasons(SHOWN._replace(loads=2)) == ["pictures loaded again"]
    assert reasons(VOTE._replace(is_interrupted=1), VOTE._replace(loads=2)) == ["", ""]  # unlimited time is not limited


def test_practice_and_checks_never_count():
    assert reasons(CHECK, VOTE._replace(kind="practice", first=None, second=None)) == ["check", "practice"]


@pytest.fixture
def limited(make_study, folders):
    """A limited study that two raters have finished: one chooses the first method always, the other presses left."""
    study = make_study(
        photos=folders["photo"], limited_time=True, seconds=(0.125, 1.0), votes_per_pair=2, raters=2, check_every=4
    )
    ratings, tokens = Ratings(study), tokens_of(study)
    database = ratings._database
    methods = {row["id"]: row["method"] for row in database.execute("SELECT id, method FROM pictures")}
    best = ("photo", "ours", "other", "noise")
    rate(ratings, tokens[0], choose=lambda row: min(("left", "right"), key=lambda side: best.index(methods[row[side]])))
    rate(ratings, tokens[1], choose=lambda row: row["expected"] or "left")
    return study


def test_the_files_say_what_was_voted(limited, tmp_path, capsys):
    results.main(limited, out=tmp_path / "out")
    votes, asked = read_votes(limited)
    found = evaluate(Design.read(limited), votes, asked)
    assert (found.asked, found.counted, found.kept_apart) == (24, 24, {})
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {
        *("preferences.csv", "pictures.csv", "raters.csv", "rater_preferences.csv", "votes.csv"),
        *("results.json", "results.md", "results.html", "curve.svg"),
    }
    with (tmp_path / "out" / "preferences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["first"], row["second"], row["seconds"]) for row in rows] == [
        (*pair, seconds) for pair in (("ours", "other"), ("ours", "photo"), ("other", "photo")) for seconds in ("0.125", "1.0")
    ]
    assert sum(int(row["votes"]) for row in rows) == 24
    for row in rows:
        key = (row["first"], row["second"], row["seconds"])
        own = [vote for vote in votes if (vote.first, vote.second, str(vote.seconds)) == key]
        assert int(row["votes"]) == sum(vote.kind == "vote" for vote in own)
        assert int(row["wins"]) == sum(vote.preferred == row["first"] for vote in own)
    with (tmp_path / "out" / "votes.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(votes)
    assert (tmp_path / "out" / "results.md").read_text() in capsys.readouterr().out


def test_json_is_strict_and_complete(limited, tmp_path):
    results.main(limited, out=tmp_path / "out")
    document = json.loads((tmp_path / "out" / "results.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    assert document["counted"] == 24
    assert document["rates"][0]["preference"].keys() == {"votes", "wins", "rate", "low", "high", "p_value"}
    assert document["raters"][1]["left"] == 1


def test_raters_are_told_apart(limited):
    first, second = evaluate(Design.read(limited), *read_votes(limited)).raters
    assert (first.votes, second.votes) == (12, 12)
    assert (first.checks_passed, second.checks_passed) == (first.checks, second.checks)
    assert second.left == 1
    assert 0 < first.left < 1


def test_the_page_of_results_is_whole_and_needs_nothing(limited, tmp_path, new_page):
    results.main(limited, out=tmp_path / "out")
    page = new_page(viewport={"width": 1000, "height": 800})
    page.goto((tmp_path / "out" / "results.html").as_uri())
    assert page.locator("svg").bounding_box()["width"] > 300
    assert page.locator("table").first.locator("tr").count() == 7
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_the_curve_has_a_point_and_an_interval_for_every_rate(limited, tmp_path):
    results.main(limited, out=tmp_path / "out")
    drawing = ElementTree.parse(tmp_path / "out" / "curve.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawing.findall(f"{space}circle")) == 6
    assert len(drawing.findall(f"{space}polyline")) == 3
    assert "1/8" in [text.text for text in drawing.findall(f"{space}text")]
    assert "photo" in drawing.get("aria-label")


def test_three_methods_are_ranked(make_study):
    study = make_study(("ours", "other", "third"), votes_per_pair=4, raters=4)
    ratings = Ratings(study)
    for number, token in enumerate(tokens_of(study)):
        rate(ratings, token, choose=lambda row, side=("left", "right")[number % 2]: side)
    (ranking,) = evaluate(Design.read(study), *read_votes(study)).rankings
    assert sum(ranking.strengths.values()) == pytest.approx(1)
    assert list(ranking.strengths) == ["ours", "other", "third"]


def test_a_study_without_votes_is_reported(make_study, tmp_path, capsys):
    results.main(make_study(("ours", "other", "third")))
    printed = capsys.readouterr().out
    assert "0 votes of 0 raters counted" in printed
    assert "nan" not in printed
    assert "- s" not in printed
    assert (tmp_path / "study" / "results" / "raters.csv").read_text().startswith("rater,votes,kept_apart,")
    assert json.loads((tmp_path / "study" / "results" / "results.json").read_text())["rates"][0]["preference"]["rate"] is None


def test_results_replace_older_ones(make_study):
    study = make_study(raters=1, votes_per_pair=1)
    results.main(study)
    rate(Ratings(study), tokens_of(study)[0])
    results.main(study)
    assert json.loads((study / "results" / "results.json").read_text())["counted"] == 4


def test_other_folders_are_not_replaced(make_study, tmp_path):
    study = make_study(raters=1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for out in (tmp_path / "mine", study, tmp_path / "mine" / "thesis.txt"):
        with pytest.raises(InputError, match="choose another folder with --out"):
            results.main(study, out=out)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    results.main(study, out=tmp_path / "empty")


def test_a_folder_that_is_no_study_is_refused(tmp_path):
    with pytest.raises(InputError, match="name a folder that `study create` made"):
        results.main(tmp_path)


def test_power_is_told_beforehand(capsys):
    power.main(rate=0.6, power=0.9)
    assert "to tell 60 % from chance in 90 % of studies" in capsys.readouterr().out
    for rate_asked in (0.5, 1.0):
        with pytest.raises(InputError, match=f"--rate is {rate_asked}; expected more than 0.5 and less than 1"):
            power.main(rate=rate_asked)


def test_the_curve_says_nothing_of_rates_without_votes(make_study):
    study = make_study(limited_time=True, seconds=(0.25,), raters=1)
    results.main(study)
    assert "nan" not in (study / "results" / "curve.svg").read_text()


def test_a_ranking_that_is_impossible_says_why(make_study):
    study = make_study(("ours", "other", "third"))
    results.main(study)
    lines = (study / "results" / "results.md").read_text().split("## Ranking")[1].strip().splitlines()
    assert lines[0] == "| Bradley-Terry strengths |"
    assert "there is none while a method has won or lost all of its comparisons" in lines[2]


def test_a_vanishing_p_is_printed_as_a_bound():
    found = evaluate(DESIGN, [VOTE] * 1100, 1100)
    assert found.rates[0].preference.p_value == 0
    assert "| < 1e-300 |" in as_markdown(found)


def test_agreement_is_within_one_duration():
    """Two raters who agree at each duration, and differ between durations."""
    votes = [
        SHOWN._replace(rater=rater, name=name, seconds=seconds, shown_ms=1000 * seconds, choice=choice)
        for rater in (1, 2)
        for name, swap in (("a", False), ("b", True))
        for seconds, choice in ((0.25, "right" if swap else "left"), (1.0, "left" if swap else "right"))
    ]
    found = evaluate(replace(DESIGN, seconds=(0.25, 1.0)), votes, 8).agreement
    assert [(each.seconds, *each.agreement) for each in found] == [(0.25, 1, 1), (1.0, 1, 1)]


def test_what_is_missing_is_told(make_study, capsys):
    study = make_study(votes_per_pair=2, raters=1)
    rate(Ratings(study), tokens_of(study)[0])
    results.main(study)
    assert "4 votes missing" in capsys.readouterr().out


@pytest.fixture
def as_nobody():
    """Takes away what root may do besides, so that permissions hold."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("is_running", [False, True], ids=["closed", "killed"])
def test_results_of_a_folder_that_may_not_be_written(make_study, tmp_path_factory, request, capsys, is_running):
    study = make_study(raters=1, votes_per_pair=1)
    ratings = Ratings(study)
    rate(ratings, tokens_of(study)[0])
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o777)
        copy = Path(place) / "study"
        # While it is open, the last votes are in the log beside the database alone.
        names = ["study.json", "votes.sqlite", *(["votes.sqlite-wal"] if is_running else [])]
        if not is_running:
            ratings._database.close()
        copy.mkdir()
        for name in names:
            shutil.copy(study / name, copy / name)
            (copy / name).chmod(0o444)
        copy.chmod(0o555)
        request.getfixturevalue("as_nobody")
        results.main(copy, out=Path(place) / "out")
        assert "4 votes of 1 rater counted" in capsys.readouterr().out
        with pytest.raises(InputError, match="choose another"):
            results.main(copy)
        if os.getuid() == 0:
            os.seteuid(0)
        copy.chmod(0o755)
