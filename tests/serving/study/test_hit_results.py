"""What of a results file of Mechanical Turk is stored, and what becomes of HITs without results."""

from __future__ import annotations

import csv
import json
import re

import pytest

from tests.serving.study.conftest import tokens_of
from tests.serving.study.test_hits import trials_of, write_hits
from tests.serving.study.test_ratings import attentive, rate
from tfhd.errors import InputError
from tfhd.serving.study import hit_results
from tfhd.serving.study.database import connect
from tfhd.serving.study.ratings import Ratings
from tfhd.serving.study.votes import read_votes


def answer(trial: str, choice: str = "left", **change) -> dict:
    return {"trial": trial, "choice": choice, "answer_ms": 1200.5, "is_interrupted": False, **change}


def assignment(row, number: int = 1, worker: str = "A1WORKER", choice: str = "left", **change) -> dict[str, str]:
    """A row of a results file, with the columns that the site writes."""
    answers = json.dumps([answer(trial, choice) for trial in trials_of(row)])
    own = {"HITId": f"H{row['hit']}", "AssignmentId": f"3ASSIGNMENT{row['hit']}X{number}", "WorkerId": worker}
    inputs = {f"Input.{name}": value for name, value in row.items()}
    return {**own, "AssignmentStatus": "Approved", **inputs, "Answer.answers": answers, "Answer.hit": row["hit"], **change}


def write_results(path, rows: list[dict[str, str]]):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def study(make_study):
    return make_study(votes_per_pair=2, raters=2, check_every=5)


def test_results_are_read_back(study, tmp_path, capsys):
    first, second = write_hits(study, tmp_path / "hits")
    results = write_results(tmp_path / "r.csv", [assignment(first), assignment(second, worker="A2OTHER", choice="right")])
    hit_results.main(study, results)
    assert "2 assignments stored" in capsys.readouterr().out
    votes, asked = read_votes(study)
    assert asked == 8
    assert sorted((vote.kind, vote.choice) for vote in votes) == [
        *[("check", "left"), ("check", "right")],
        *[("vote", "left")] * 4 + [("vote", "right")] * 4,
    ]
    assert len({vote.rater for vote in votes}) == 2


def test_workers_are_not_stored_by_name(study, tmp_path):
    row, _ = write_hits(study, tmp_path / "hits")
    hit_results.main(study, write_results(tmp_path / "r.csv", [assignment(row)]))
    files = [path.read_bytes() for path in study.iterdir() if path.is_file()]
    assert not any(name in content for content in files for name in (b"A1WORKER", b"3ASSIGNMENT"))


def test_a_file_read_twice_is_stored_once(study, tmp_path, capsys):
    row, _ = write_hits(study, tmp_path / "hits")
    results = write_results(tmp_path / "r.csv", [assignment(row)])
    hit_results.main(study, results)
    before = read_votes(study)
    hit_results.main(study, results)
    assert "1 assignments read before" in capsys.readouterr().out
    assert read_votes(study) == before


def test_rejected_assignments_and_second_workers_are_left_out(study, tmp_path, capsys):
    first, _ = write_hits(study, tmp_path / "hits")
    rows = [
        assignment(first, 1, AssignmentStatus="Rejected", choice="right"),
        assignment(first, 2, worker="A2OTHER"),
        assignment(first, 3, worker="A3THIRD", choice="right"),
    ]
    hit_results.main(study, write_results(tmp_path / "r.csv", rows))
    printed = capsys.readouterr().out
    assert "1 assignments rejected" in printed
    assert "1 assignments of HITs that another worker answered before" in printed
    assert [vote.choice for vote in read_votes(study)[0]] == ["left"] * 5


def test_a_worker_counts_once_on_a_pair_and_the_vote_is_asked_for_again(study, tmp_path, capsys):
    rows = write_hits(study, tmp_path / "hits")  # both HITs ask about all four pairs
    hit_results.main(study, write_results(tmp_path / "r.csv", [assignment(row) for row in rows]))
    assert "stored in part" in capsys.readouterr().out
    votes, _ = read_votes(study)
    assert [vote.kind for vote in votes].count("vote") == 4
    again = write_hits(study, tmp_path / "again", checks=0)
    assert sum(len(trials_of(row)) for row in again) == 4


def test_a_vote_that_is_asked_for_again_is_given_once(study, tmp_path):
    rows = write_hits(study, tmp_path / "hits")
    results = write_results(tmp_path / "r.csv", [assignment(row) for row in rows])
    hit_results.main(study, results)
    given = rate(Ratings(study), tokens_of(study)[0], choose=attentive)  # by link, what the worker had judged before
    assert [row["kind"] for row in given].count("vote") == 4
    # Neither the same file again nor a second worker in the same HIT gives these votes a second time, or asks for them.
    hit_results.main(study, results)
    hit_results.main(study, write_results(tmp_path / "s.csv", [assignment(row, 2, worker="A2OTHER") for row in rows]))
    assert [row for row in rate(Ratings(study), tokens_of(study)[1]) if row["kind"] == "vote"] == []
    votes, asked = read_votes(study)
    assert [vote.kind for vote in votes].count("vote") == asked == 8


def test_a_vote_in_a_later_hit_is_not_given_by_link(study, tmp_path):
    results = write_results(tmp_path / "r.csv", [assignment(row) for row in write_hits(study, tmp_path / "hits")])
    hit_results.main(study, results)
    write_hits(study, tmp_path / "again")
    hit_results.main(study, results)
    assert rate(Ratings(study), tokens_of(study)[0]) == []


def test_answers_of_amazons_own_form_elements_are_read(study, tmp_path):
    row, _ = write_hits(study, tmp_path / "hits")
    given = assignment(row)
    given["Answer.taskAnswers"] = json.dumps([{"answers": given.pop("Answer.answers"), "hit": row["hit"]}])
    hit_results.main(study, write_results(tmp_path / "r.csv", [given]))
    assert len(read_votes(study)[0]) == 5


def test_limited_time_goes_there_and_back(make_study, tmp_path):
    study = make_study(limited_time=True, seconds=(0.25,), votes_per_pair=1, check_every=5)
    (row,) = write_hits(study, tmp_path / "hits")
    assert {row[f"seconds_{number}"] for number in range(1, 6)} == {"0.25"}
    shown = {"shown_ms": 266.0, "frames": 16, "longest_frame_ms": 17.1, "clock": "frames"}
    answers = [answer(trial, **shown) for trial in trials_of(row)]
    answers[0]["shown_ms"] = 400.0
    hit_results.main(study, write_results(tmp_path / "r.csv", [assignment(row, **{"Answer.answers": json.dumps(answers)})]))
    votes, _ = read_votes(study)
    assert sorted(vote.shown_ms for vote in votes) == [266.0] * 4 + [400.0]


WRONG = [
    ({"Answer.answers": "[]["}, "holds no answers"),
    ({"Answer.answers": ""}, "holds no answers"),
    ({"Answer.answers": "7"}, "holds no answers"),
    ({"Answer.answers": "[]"}, "answers 0 of the HIT's own trials"),
    ({"Answer.answers": json.dumps([answer("never-written")])}, "'never-written' is none of this study's"),
    ({"Answer.answers": json.dumps([answer("x", "both")])}, "choice"),
    ({"Answer.answers": json.dumps([answer("x", loads=0)])}, "loads"),
    ({"Answer.answers": json.dumps([answer("x", shown_ms=1.0)])}, "is none of this study's"),
    ({"WorkerId": ""}, "WorkerId is empty"),
    ({"AssignmentId": ""}, "WorkerId is empty"),
]


@pytest.mark.parametrize(("change", "line"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_row_is_named_and_left_out(study, tmp_path, change, line, capsys):
    first, second = write_hits(study, tmp_path / "hits")
    wrong = assignment(second, worker="A2OTHER") | change
    hit_results.main(study, write_results(tmp_path / "r.csv", [wrong, assignment(first)]))
    printed = capsys.readouterr().out
    assert "1 assignments stored" in printed
    assert "1 assignments left out, since their answers are not those of their HIT" in printed
    assert re.search(f"Left out: .*r.csv, line 2: .*{line}", printed)
    assert {vote.trial for vote in read_votes(study)[0]} == set(trials_of(first))
    hit_results.main(study, write_results(tmp_path / "s.csv", [assignment(second, worker="A2OTHER")]))  # the right one, later
    assert len(read_votes(study)[0]) == 10


def test_answers_to_a_part_of_a_hit_or_to_another_are_left_out(study, tmp_path, capsys):
    first, second = write_hits(study, tmp_path / "hits")
    whole, other = json.loads(assignment(first)["Answer.answers"]), json.loads(assignment(second)["Answer.answers"])
    for answers, line in (
        (whole[:3], "answers 3 of the HIT's 5 trials"),
        ([*whole, other[0]], "of another HIT"),
        ([*whole, whole[0] | {"choice": "right"}], "is answered twice"),
    ):
        rows = [assignment(first, **{"Answer.answers": json.dumps(answers)}), assignment(second, AssignmentStatus="Rejected")]
        hit_results.main(study, write_results(tmp_path / "r.csv", rows))
        assert line in capsys.readouterr().out
        assert read_votes(study)[0] == []


def test_a_file_of_another_study_is_refused_and_nothing_is_stored(study, make_study, tmp_path):
    write_hits(study, tmp_path / "hits")
    row, _ = write_hits(make_study(name="other", votes_per_pair=2, check_every=5), tmp_path / "others")
    with pytest.raises(InputError, match=r"r\.csv, line 2: .* is none of this study's.*; 1 of 1 assignments are wrong"):
        hit_results.main(study, write_results(tmp_path / "r.csv", [assignment(row)]))
    database = connect(study)
    assert database.execute("SELECT count(*) FROM raters WHERE worker IS NOT NULL").fetchone()[0] == 0
    database.close()


def test_an_assignment_that_is_rejected_later_is_taken_out(study, tmp_path, capsys):
    first, second = write_hits(study, tmp_path / "hits")
    rows = [assignment(first), assignment(second, worker="A2OTHER")]
    hit_results.main(study, write_results(tmp_path / "r.csv", rows))
    rows[0]["AssignmentStatus"] = "Rejected"
    hit_results.main(study, write_results(tmp_path / "s.csv", rows))
    assert "1 assignments taken out that were rejected since" in capsys.readouterr().out
    assert {vote.trial for vote in read_votes(study)[0]} == set(trials_of(second))
    # Another worker takes the HIT.
    hit_results.main(study, write_results(tmp_path / "t.csv", [assignment(first, 2, worker="A3THIRD", choice="right")]))
    votes, asked = read_votes(study)
    assert [vote.kind for vote in votes].count("vote") == asked == 8


def test_hits_that_ended_without_answers_are_asked_again(study, tmp_path, capsys):
    first, second = write_hits(study, tmp_path / "hits")
    rows = [assignment(first), assignment(second, worker="A2OTHER", AssignmentStatus="Rejected")]
    hit_results.main(study, write_results(tmp_path / "r.csv", rows))
    assert rate(Ratings(study), tokens_of(study)[0], choose=attentive) == []
    for votes in (4, 0):  # a second time there is nothing more
        hit_results.release(study, tmp_path / "hits" / "hits.csv")
        assert f"{votes} votes of 2 HITs asked for again" in capsys.readouterr().out
    given = rate(Ratings(study), tokens_of(study)[0], choose=attentive)
    assert [row["kind"] for row in given].count("vote") == 4
    # A worker who answers after all comes too late.
    hit_results.main(study, write_results(tmp_path / "s.csv", [assignment(second, 2, worker="A3THIRD")]))
    votes, asked = read_votes(study)
    assert [vote.kind for vote in votes].count("vote") == asked == 8
    with pytest.raises(InputError, match="HIT '99' is none of this study's"):
        hit_results.release(study, write_results(tmp_path / "none.csv", [{"hit": "99"}]))


def test_votes_of_a_worker_who_fails_checks_are_asked_again(study, tmp_path):
    rows = write_hits(study, tmp_path / "hits", checks=2, trials=4)
    database = connect(study)
    expected = {row["id"]: row["expected"] for row in database.execute("SELECT id, expected FROM hit_trials")}
    database.close()
    wrong = [answer(trial, "right" if expected[trial] == "left" else "left") for trial in trials_of(rows[0])]
    right = [answer(trial, expected[trial] or "left") for trial in trials_of(rows[1])]
    given = [
        assignment(rows[0], **{"Answer.answers": json.dumps(wrong)}),
        assignment(rows[1], worker="A2OTHER", **{"Answer.answers": json.dumps(right)}),
    ]
    hit_results.main(study, write_results(tmp_path / "r.csv", given))
    again = write_hits(study, tmp_path / "again", checks=0)
    assert sum(len(trials_of(row)) for row in again) == 2


def test_a_pair_that_a_hit_showed_twice_is_kept_apart_and_asked_again(make_study, tmp_path):
    study = make_study(limited_time=True, seconds=(0.25,), votes_per_pair=1, check_every=5)
    (row,) = write_hits(study, tmp_path / "hits", checks=0)
    shown = {"shown_ms": 250.0, "frames": 16, "longest_frame_ms": 17.1, "clock": "frames"}
    answers = [answer(trial, **shown, loads=1 + (place == 2)) for place, trial in enumerate(trials_of(row))]
    hit_results.main(study, write_results(tmp_path / "r.csv", [assignment(row, **{"Answer.answers": json.dumps(answers)})]))
    apart = {vote.trial: vote.kept_apart for vote in read_votes(study)[0]}
    assert [apart[trial] for trial in trials_of(row)] == ["", "", "pictures loaded again", ""]
    (again,) = write_hits(study, tmp_path / "again", checks=0)
    assert len(trials_of(again)) == 1


def test_files_of_another_kind_are_refused(study, tmp_path):
    for content in (b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"AssignmentId,WorkerId\n"):
        (tmp_path / "r.csv").write_bytes(content)
        with pytest.raises(InputError, match=r"r\.csv"):
            hit_results.main(study, tmp_path / "r.csv")
    with pytest.raises(InputError, match="cannot be read"):
        hit_results.main(study, tmp_path / "absent.csv")
