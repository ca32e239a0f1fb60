"""`tfhd study read-hits`: reads the results file of Mechanical Turk."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pydantic
import tyro

from tfhd.errors import InputError

from .database import connect, writing
from .design import Design
from .ratings import Vote, store_vote

_MOST_BYTES = 1 << 30
_NEEDED = ("AssignmentId", "WorkerId", "AssignmentStatus")


class _Assignment(NamedTuple):
    """What one worker answered in one HIT.

    Attributes:
        where: file and line, for messages.
        id: of Mechanical Turk.
        worker: its id of him.
        answers: by trial.
    """

    where: str
    id: str
    worker: str
    answers: dict[str, Vote]


def main(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    results: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RESULTS")]],
) -> None:
    """Read the results of HITs that `study hits` wrote. What was read before is not stored again.

    Workers are stored as digests of their ids under a secret of the study. Rejected assignments are left out, and so are answers
    of a worker about a pair that he judged before, whose votes are asked for again.

    Args:
        study: folder that `study create` made.
        results: CSV file that Mechanical Turk's site gives under "Download CSV".
    """
    Design.read(study)
    database = connect(study)
    counts: Counter[str] = Counter()
    assignments = _read(results, counts)
    with writing(database):
        for assignment in assignments:
            counts[_store(database, assignment)] += 1
    database.close()
    print(f"{results}: {', '.join(f'{count} {what}' for what, count in sorted(counts.items())) or 'no assignments'}")


def _read(path: Path, counts: Counter[str]) -> list[_Assignment]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: has more than {_MOST_BYTES >> 20} MB; expected a results file of Mechanical Turk")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: lacks the columns {', '.join(missing)}; expected a results file of Mechanical Turk")
            found = []
            for row in reader:
                if row["AssignmentStatus"] == "Rejected":
                    counts["assignments rejected"] += 1
                else:
                    found.append(_parse(f"{path}, line {reader.line_num}", row))
            return found
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a results file of Mechanical Turk") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV file in UTF-8 ({error}); give a results file of Mechanical Turk") from None


def _parse(where: str, row: dict[str, Any]) -> _Assignment:
    """Reads a row whose answers are in the column of the form's field, or among those of Amazon's own form elements."""
    try:
        text = row.get("Answer.answers")
        if text is None:
            text = json.loads(row["Answer.taskAnswers"])[0]["answers"]
        answers = {each.pop("trial"): Vote(**each, nonce=row["AssignmentId"]) for each in json.loads(text)}
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        what = "AssignmentId" if name == "nonce" else f"an answer's {name}"
        raise InputError(f"{where}: {what}: {first['msg']}; expected what the layout hit.html sends") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        raise InputError(f"{where}: holds no answers of the layout hit.html in Answer.answers") from None
    if not row["WorkerId"]:
        raise InputError(f"{where}: WorkerId is empty; download the results again, with all columns")
    return _Assignment(where, row["AssignmentId"], row["WorkerId"], answers)


def _store(database: sqlite3.Connection, assignment: _Assignment) -> str:
    """Stores an assignment inside a transaction; returns what became of it."""
    key = database.execute("SELECT worker_key FROM secrets").fetchone()[0]
    worker = hmac.new(key.encode(), assignment.worker.encode(), hashlib.sha256).hexdigest()
    database.execute("INSERT OR IGNORE INTO raters(worker, consented_at) VALUES (?, ?)", (worker, time.time()))
    rater = database.execute("SELECT id FROM raters WHERE worker = ?", (worker,)).fetchone()[0]
    outcome = "assignments stored"
    for trial, vote in assignment.answers.items():
        shown = database.execute(
            "SELECT h.*, s.question FROM hit_trials h LEFT JOIN slots s ON s.id = h.slot WHERE h.id = ?", (trial,)
        ).fetchone()
        if shown is None:
            raise InputError(f"{assignment.where}: trial {str(trial)[:40]!r} is none of this study's; nothing was stored")
        if vote.is_limited != (shown["seconds"] is not None):
            raise InputError(f"{assignment.where}: trial {trial} was shown in another mode than it says; nothing was stored")
        before = database.execute("SELECT v.nonce FROM votes v WHERE v.trial = ?", (trial,)).fetchone()
        if before:
            same = before["nonce"] == vote.nonce
            outcome = "assignments read before" if same else "assignments of HITs that another worker answered before"
        elif not _insert_trial(database, rater, shown):
            outcome = "assignments stored in part, since some of their pairs were judged before"
        else:
            store_vote(database, trial, vote)
    return outcome


def _insert_trial(database: sqlite3.Connection, rater: int, shown: sqlite3.Row) -> bool:
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
    columns = {name: shown[name] for name in ("id", "slot", "question", "left", "right", "seconds", "expected")}
    kind = "check" if shown["slot"] is None else "vote"
    columns |= {"rater": rater, "position": position, "kind": kind, "given_at": time.time(), "left_loads": 1, "right_loads": 1}
    database.execute(
        f"INSERT INTO trials({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", tuple(columns.values())
    )
    return True
