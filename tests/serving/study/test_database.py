"""What commands say where a study's database is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving.study.conftest import tokens_of
from tests.serving.study.test_ratings import rate
from tfhd.errors import InputError
from tfhd.serving.study import hit_results, hits, results, run
from tfhd.serving.study.ratings import Ratings


def damaged(study: Path, table: str) -> Path:
    """Makes the first page of a table zeros, or cuts off the database where no table is named; returns the study."""
    ratings = Ratings(study)
    rate(ratings, tokens_of(study)[0])
    database = ratings._database
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = database.execute("PRAGMA page_size").fetchone()
    roots = dict(database.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"))
    database.close()
    with (study / "votes.sqlite").open("r+b") as file:
        if table:
            file.seek((roots[table] - 1) * size)
            file.write(bytes(size))
        else:
            file.truncate(5000)
    return study


@pytest.mark.parametrize(
    ("table", "command"),
    [
        ("", lambda study: results.main(study)),
        ("votes", lambda study: results.main(study)),
        ("raters", lambda study: run.main(study, port=0, add=1)),
        ("hit_trials", lambda study: hits.main(study, study / "hits", pictures_url="https://example.org", checks=0, practice=0)),
        ("secrets", lambda study: hit_results.main(study, study / "results.csv")),
        ("slots", lambda study: hit_results.release(study, study / "hits.csv")),
    ],
)
def test_a_damaged_database_is_told(make_study, table, command):
    study = damaged(make_study(raters=1, votes_per_pair=2), table)
    (study / "results.csv").write_text("AssignmentId,WorkerId,AssignmentStatus\na,w,Rejected\n")
    (study / "hits.csv").write_text("hit\n1\n")
    before = {path.name for path in study.iterdir()}
    with pytest.raises(InputError, match="was copied whole") as caught:
        command(study)
    assert "\n" not in str(caught.value)
    assert {path.name for path in study.iterdir()} - {"votes.sqlite-wal", "votes.sqlite-shm"} == before
