"""`tfhd study read-hits` and `release-hits`: what became of HITs of Mechanical Turk."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pydantic
import tyro

from tfhd.errors import InputError

from .database import changing
from .design import Design
from .texts import count_of
from .trials import insert_trial, settle_rater, store_vote
from .vote import Vote

_MOST_BYTES = 1 << 30
_NEEDED = ("AssignmentId", "WorkerId", "AssignmentStatus")
_REJECTED = "Rejected"
_REPORTED = 10
"""Rows that are named one by one."""


@pydantic.dataclasses.dataclass(frozen=True, config=pydantic.ConfigDict(extra="forbid", strict=True))
class _Answer(Vote):
    """What a HIT sends for one trial.

    Attributes:
        loads: how often the pair was shown; more than once where the worker opened the HIT again meanwhile.
    """

    loads: Annotated[int, pydantic.Field(ge=1, le=1000)] = 1

    @property
    def vote(self) -> Vote:
        """Without what is the HIT's."""
        values = asdict(self)
        del values["loads"]
        return Vote(**values)


class _Assignment(NamedTuple):
    """What one worker answered in one HIT.

    Attributes:
        nonce: digest of its id.
        worker: digest of the worker's.
        answers: by trial.
    """

    nonce: str
    worker: str
    answers: dict[str, _Answer]


def main(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    results: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RESULTS")]],
) -> None:
    """Read the results of HITs that `study hits` wrote. What was read before is not stored again.

    Workers and assignments are stored as digests of their ids under a secret of the study. Rejected assignments are left out, and
    taken out where they were read before. So are answers of a worker about a pair that he judged before, and votes that do not
    count; these are asked for again. Assignments whose answers are not those of their HIT are named and left out.

    Args:
        study: folder that `study create` made.
        results: CSV file that Mechanical Turk's site gives under "Download CSV".
    """
    design = Design.read(study)
    rows = list(_read_csv(results, _NEEDED, "a results file of Mechanical Turk"))
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with changing(study) as database:
        key = database.execute("SELECT worker_key FROM secrets").fetchone()[0].encode()
        for where, row in rows:
            try:
                counts[_take(database, key, row)] += 1
            except _Fault as fault:
                faults.append(f"{where}: {fault}")
        if faults and not counts:
            raise InputError(f"{faults[0]}; {len(faults)} of {len(rows)} assignments are wrong, and nothing was stored")
        for (rater,) in database.execute("SELECT id FROM raters WHERE worker IS NOT NULL").fetchall():
            settle_rater(database, design, rater)
    if faults:
        counts["assignments left out, since their answers are not those of their HIT"] = len(faults)
    print(f"{results}: {', '.join(f'{count} {what}' for what, count in sorted(counts.items())) or 'no assignments'}")
    print(*[f"Left out: {fault}" for fault in faults[:_REPORTED]], sep="\n", end="\n" if faults else "")
    if len(faults) > _REPORTED:
        print(f"Left out: {len(faults) - _REPORTED} more")


def release(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    hits: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="HITS")]],
) -> None:
    """Have the votes asked again that no worker gave: of HITs that expired, or were rejected or cancelled.

    Read their last results before. The votes are given to raters by link, or put into HITs by `study hits`.

    Args:
        study: folder that `study create` made.
        hits: hits.csv, or a file with those of its rows that have ended.
    """
    Design.read(study)
    trials = [row["hit"] for _, row in _read_csv(hits, ("hit",), "the file hits.csv that `study hits` wrote")]
    released = 0
    with changing(study) as database:
        for hit in trials:
            if not str(hit).isdigit() or not database.execute("SELECT 1 FROM hit_trials WHERE hit = ?", (int(hit),)).fetchone():
                raise InputError(f"{hits}: HIT {str(hit)[:40]!r} is none of this study's; nothing was released")
            released += database.execute(
                "UPDATE slots SET is_free = 1 WHERE NOT is_free AND id IN (SELECT slot FROM hit_trials WHERE hit = ?)"
                " AND id NOT IN (SELECT slot FROM trials WHERE slot IS NOT NULL AND NOT is_released)"
                " AND (SELECT max(hit) FROM hit_trials WHERE slot = slots.id) = ?",
                (int(hit), int(hit)),
            ).rowcount
    print(f"{hits}: {count_of(released, 'vote')} of {count_of(len(trials), 'HIT')} asked for again, by link or in new HITs")


class _Fault(Exception):
    """What is wrong with an assignment."""


def _read_csv(path: Path, needed: tuple[str, ...], what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(File and line, row) of each row."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: has more than {_MOST_BYTES >> 20} MB; expected {what}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: lacks the columns {', '.join(missing)}; expected {what}")
            for row in reader:
                yield f"{path}, line {reader.line_num}", row
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give {what}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV file in UTF-8 ({error}); give {what}") from None


def _take(database: sqlite3.Connection, key: bytes, row: dict[str, Any]) -> str:
    """Stores a row, or takes it out where it was rejected; returns what became of it. Raises `_Fault` with nothing changed."""
    if not row["AssignmentId"] or not row["WorkerId"]:
        raise _Fault("AssignmentId or WorkerId is empty; download the results again, with all columns")
    nonce, worker = (hmac.new(key, row[name].encode(), hashlib.sha256).hexdigest() for name in ("AssignmentId", "WorkerId"))
    if row["AssignmentStatus"] == _REJECTED:
        return _take_out(database, nonce)
    assignment = _Assignment(nonce, worker, _parse(row, nonce))
    return _store(database, assignment, _shown(database, assignment.answers))


def _take_out(database: sqlite3.Connection, nonce: str) -> str:
    """Forgets a rejected assignment. Its votes stay with its HIT, which another worker may get, until they are released."""
    of_hit = "SELECT v.trial FROM votes v JOIN hit_trials h ON h.id = v.trial WHERE v.nonce = ?"
    trials = database.execute(of_hit, (nonce,)).fetchall()
    for (trial,) in trials:
        held = database.execute(
            "SELECT s.is_free, s.id FROM trials t JOIN slots s ON s.id = t.slot WHERE t.id = ? AND NOT t.is_released", (trial,)
        ).fetchone()
        database.execute("UPDATE trials SET is_released = 1 WHERE id = ?", (trial,))  # so that the balances hold
        if held:
            database.execute("UPDATE slots SET is_free = 0 WHERE id = ?", (held["id"],))
        database.execute("DELETE FROM votes WHERE trial = ?", (trial,))
        database.execute("DELETE FROM trials WHERE id = ?", (trial,))
    return "assignments taken out that were rejected since" if trials else "assignments rejected"


def _parse(row: dict[str, Any], nonce: str) -> dict[str, _Answer]:
    """Reads answers from the column of the form's field, or among those of Amazon's own form elements."""
    try:
        text = row.get("Answer.answers")
        if text is None:
            text = json.loads(row["Answer.taskAnswers"])[0]["answers"]
        answers: dict[str, _Answer] = {}
        for each in json.loads(text):
            trial = each.pop("trial")
            if trial in answers:
                raise _Fault(f"trial {str(trial)[:40]!r} is answered twice")
            answers[trial] = _Answer(**each, nonce=nonce)
        return answers
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise _Fault(
            f"an answer's {'.'.join(map(str, first['loc']))}: {first['msg']}; expected what the layout hit.html sends"
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        raise _Fault("holds no answers of the layout hit.html in Answer.answers") from None


def _shown(database: sqlite3.Connection, answers: dict[str, _Answer]) -> dict[str, sqlite3.Row]:
    """What a HIT showed, by trial; raises `_Fault` where the answers are not those to all of it, and to nothing else."""
    shown: dict[str, sqlite3.Row] = {}
    for trial in answers:
        query = "SELECT h.*, s.question FROM hit_trials h LEFT JOIN slots s ON s.id = h.slot WHERE h.hit ="
        if not shown:
            rows = database.execute(f"{query} (SELECT hit FROM hit_trials WHERE id = ?)", (str(trial),)).fetchall()
            shown = {row["id"]: row for row in rows}
        if trial not in shown:
            raise _Fault(f"trial {str(trial)[:40]!r} is none of this study's, or of another HIT than the answers before")
    if len(answers) < max(1, len(shown)):
        raise _Fault(f"answers {len(answers)} of the HIT's {len(shown) or 'own'} trials; the layout hit.html sends all of them")
    for trial, answer in answers.items():
        if answer.is_limited != (shown[trial]["seconds"] is not None):
            raise _Fault(f"trial {trial} was shown in another mode than it says")
    return shown


def _store(database: sqlite3.Connection, assignment: _Assignment, shown: dict[str, sqlite3.Row]) -> str:
    """Stores an assignment inside a transaction; returns what became of it."""
    given = [
        row["nonce"]
        for trial in assignment.answers
        for row in database.execute("SELECT nonce FROM votes WHERE trial = ?", (trial,)).fetchall()
    ]
    if assignment.nonce in given:
        return "assignments read before"
    if given:
        return "assignments of HITs that another worker answered before"
    now = time.time()
    database.execute("INSERT OR IGNORE INTO raters(worker, consented_at) VALUES (?, ?)", (assignment.worker, now))
    rater = database.execute("SELECT id FROM raters WHERE worker = ?", (assignment.worker,)).fetchone()[0]
    outcome = "assignments stored"
    for trial, answer in assignment.answers.items():
        if _insert_trial(database, rater, shown[trial], answer.loads):
            store_vote(database, trial, answer.vote)
        else:
            outcome = "assignments stored in part, since some of their pairs were judged before"
    return outcome


def _insert_trial(database: sqlite3.Connection, rater: int, shown: sqlite3.Row, loads: int) -> bool:
    """Makes a worker's trial of one in a HIT; returns False where the worker has judged that pair before, or the vote is given.

    A vote that nobody gives then is asked for again.
    """
    slot = shown["slot"]
    if slot is not None:
        asked = "SELECT 1 FROM trials WHERE rater = ? AND question = ? AND kind = 'vote'"
        held = "SELECT 1 FROM trials WHERE slot = ? AND NOT is_released"
        is_held = database.execute(held, (slot,)).fetchone() is not None
        if is_held or database.execute(asked, (rater, shown["question"])).fetchone():
            latest = database.execute("SELECT max(hit) FROM hit_trials WHERE slot = ?", (slot,)).fetchone()[0]
            if not is_held and latest == shown["hit"]:
                database.execute("UPDATE slots SET is_free = 1 WHERE id = ?", (slot,))
            return False
    position = database.execute("SELECT coalesce(max(position), -1) + 1 FROM trials WHERE rater = ?", (rater,)).fetchone()[0]
    columns = {name: shown[name] for name in ("id", "slot", "question", "left", "right", "is_swapped", "seconds", "expected")}
    columns |= {"rater": rater, "position": position, "kind": "check" if slot is None else "vote", "given_at": time.time()}
    insert_trial(database, columns | {"left_loads": loads, "right_loads": loads})
    return True
