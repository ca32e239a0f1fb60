"""HITs of Mechanical Turk: what is written, and what of a results file is stored."""

from __future__ import annotations

import csv
import json
import re

import pytest

from tests.serving.study.conftest import tokens_of
from tests.serving.study.test_ratings import attentive, rate
from tfhd.errors import InputError
from tfhd.serving.study import hits
from tfhd.serving.study.database import connect
from tfhd.serving.study.ratings import Ratings

URL = "https://bucket.s3.amazonaws.com/study"


def write_hits(study, out, **flags) -> list[dict[str, str]]:
    """Writes HITs; the rows of hits.csv."""
    hits.main(study, out, pictures_url=URL, **{"trials": 5, "checks": 1, "practice": 0, **flags})
    with (out / "hits.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def trials_of(row: dict[str, str]) -> list[str]:
    return [value for name, value in row.items() if name.startswith("trial_") and value]


@pytest.fixture
def study(make_study):
    return make_study(votes_per_pair=2, raters=2, check_every=5)


def test_every_vote_that_is_asked_for_is_in_one_hit(study, tmp_path):
    rows = write_hits(study, tmp_path / "hits")
    assert [len(trials_of(row)) for row in rows] == [5, 5]  # four votes and a check each
    pictures = {path.name for path in (study / "pictures").iterdir()}
    for row in rows:
        for number in range(1, 6):
            assert {row[f"{side}_{number}"].removeprefix(f"{URL}/") for side in ("left", "right")} <= pictures
    # Raters by link are given none of them.
    assert rate(Ratings(study), tokens_of(study)[0]) == []
    with pytest.raises(InputError, match="asks for no further votes"):
        write_hits(study, tmp_path / "more")
    assert not (tmp_path / "more").exists()


def test_votes_that_raters_have_given_are_in_no_hit(study, tmp_path):
    done = [row for row in rate(Ratings(study), tokens_of(study)[0], choose=attentive) if row["kind"] == "vote"]
    rows = write_hits(study, tmp_path / "hits", checks=0)
    assert sum(len(trials_of(row)) for row in rows) == 8 - len(done)


def test_the_layout_has_no_other_variables_than_the_input_file(study, tmp_path):
    (row, _) = write_hits(study, tmp_path / "hits")
    layout = (tmp_path / "hits" / "hit.html").read_text()
    assert set(re.findall(r"\$\{([^}]*)\}", layout)) == set(row)
    assert "{{" not in layout
    assert "STYLE" not in layout


def test_texts_cannot_leave_their_place_in_the_layout(make_study, tmp_path):
    question = "</script><b>${hit}</b> Which?"
    study = make_study(question=question, check_every=5)
    write_hits(study, tmp_path / "hits")
    layout = (tmp_path / "hits" / "hit.html").read_text()
    assert question not in layout
    texts = re.search(r'id="texts">(.*?)</script>', layout)[1]
    assert json.loads(texts)["question"] == question


def test_sides_of_a_hit_are_balanced(make_study, tmp_path):
    study = make_study(votes_per_pair=5, check_every=5)
    rows = write_hits(study, tmp_path / "hits", checks=2, trials=6)
    assert [len(trials_of(row)) for row in rows] == [6] * 5
    database = connect(study)
    for hit in range(1, 6):
        query = "SELECT total(is_swapped), total(expected = 'left') FROM hit_trials WHERE hit = ?"
        assert tuple(database.execute(query, (hit,)).fetchone()) == (2, 1)
    database.close()


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ({"pictures_url": "file:///x"}, "--pictures-url"),
        ({"pictures_url": "http://bucket.example/study"}, "--pictures-url"),
        ({"practice": 11}, "--practice is 11"),
        ({"pictures_url": 'https://x/"><script>'}, "--pictures-url"),
        ({"trials": 0}, "--trials is 0"),
        ({"trials": 101}, "--trials is 101"),
        ({"checks": 5}, "--checks is 5"),
    ],
)
def test_wrong_flags_are_refused(study, tmp_path, flags, line):
    with pytest.raises(InputError, match=line):
        hits.main(study, tmp_path / "hits", **{"pictures_url": URL, "trials": 5, "checks": 1, **flags})
