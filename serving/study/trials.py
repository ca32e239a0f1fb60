"""The trials of a study: which one comes next, and what becomes of those that give no vote. All inside transactions."""

from __future__ import annotations

import secrets
import sqlite3
import time
from typing import Any

import numpy as np

from .design import NOISE, Design
from .sides import Balances, best_candidate
from .vote import Vote
from .votes import fault_of

_PATIENCE_SECONDS = 3600.0
"""After which a pair that a rater left unanswered may be given to another."""
_CANDIDATES = 40
"""Free votes that are looked at for the one that balances sides best."""


def next_trial(database: sqlite3.Connection, design: Design, rater: int, position: int) -> dict[str, Any] | None:
    """Makes the trial at a rater's position, from 0; None where there is nothing left to ask. The seed decides it."""
    rng = np.random.default_rng((design.seed, rater, position))
    if position < design.practice:
        # The first one is easy, so that everybody learns what to do.
        drawn = draw_check(database, design, rng) if position == 0 else draw_practice(database, design, rng)
        return _trial(rater, position, "practice", **drawn | {"expected": None})
    drawn = _draw_vote(database, design, rater, bool(rng.integers(2)))
    if drawn is None:
        return None
    if _is_check(database, design, rater, position - design.practice):
        given = database.execute("SELECT count(*) FROM trials WHERE rater = ? AND kind = 'check'", (rater,)).fetchone()[0]
        return _trial(rater, position, "check", **draw_check(database, design, rng, _check_side(design, rater, given)))
    return _trial(rater, position, "vote", **drawn)


def insert_trial(database: sqlite3.Connection, trial: dict[str, Any]) -> None:
    """Stores a trial, by the names of its columns."""
    database.execute(f"INSERT INTO trials({', '.join(trial)}) VALUES ({', '.join('?' * len(trial))})", tuple(trial.values()))


def _trial(rater: int, position: int, kind: str, **columns: Any) -> dict[str, Any]:
    trial = {"id": secrets.token_urlsafe(12), "rater": rater, "position": position, "kind": kind, "given_at": time.time()}
    return trial | {"slot": None, "question": None, "expected": None} | columns


def store_vote(database: sqlite3.Connection, trial: str, vote: Vote) -> None:
    """Stores a vote on a trial, and has it asked again of somebody else where it does not count."""
    database.execute(
        "INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(trial, vote.nonce, vote.choice, vote.answer_ms, *vote.measured, int(vote.is_interrupted)),
            *(vote.width, vote.height, vote.pixel_ratio, None if vote.is_stacked is None else int(vote.is_stacked), time.time()),
        ),
    )
    row = database.execute("SELECT *, max(left_loads, right_loads) AS loads FROM trials WHERE id = ?", (trial,)).fetchone()
    if row["kind"] == "vote" and fault_of(row["seconds"], vote.answer_ms, vote.shown_ms, vote.is_interrupted, row["loads"]):
        database.execute("UPDATE trials SET is_released = 1 WHERE id = ?", (trial,))


def settle_hopeless(database: sqlite3.Connection, design: Design, rater: int) -> None:
    """Has a rater by link end who fails whatever attention checks are still to come, and the votes asked again of others."""
    passed, checks = _checks(database, rater)
    to_come = max(0, design.num_checks(count_questions(database)) - checks)
    if design.is_failing(passed + to_come, checks + to_come):
        _fail(database, rater)


def settle_rater(database: sqlite3.Connection, design: Design, rater: int) -> None:
    """Judges a rater who has finished: where too many attention checks failed, the votes are asked again of others."""
    if design.is_failing(*_checks(database, rater)):
        _fail(database, rater)


def release_abandoned(database: sqlite3.Connection, design: Design) -> bool:
    """Takes back what raters have left unanswered for long, and the votes of those who went away failing; returns whether there
    was any."""
    since = time.time() - _PATIENCE_SECONDS
    found = database.execute(
        "UPDATE trials SET is_released = 1 WHERE slot IS NOT NULL AND NOT is_released AND given_at < ?"
        " AND id NOT IN (SELECT trial FROM votes)",
        (since,),
    ).rowcount
    gone = database.execute(
        "SELECT r.id FROM raters r JOIN trials t ON t.rater = r.id WHERE NOT r.has_failed"
        " GROUP BY r.id HAVING max(t.given_at) < ? AND sum(t.slot IS NOT NULL AND NOT t.is_released) > 0",
        (since,),
    ).fetchall()
    for (rater,) in gone:
        if design.is_failing(*_checks(database, rater)):
            _fail(database, rater)
            found += 1
    return found > 0


def _fail(database: sqlite3.Connection, rater: int) -> None:
    database.execute("UPDATE raters SET has_failed = 1 WHERE id = ?", (rater,))
    database.execute("UPDATE trials SET is_released = 1 WHERE rater = ? AND slot IS NOT NULL AND NOT is_released", (rater,))


def _checks(database: sqlite3.Connection, rater: int) -> tuple[int, int]:
    """(Passed, all) attention checks that a rater has answered."""
    query = "SELECT total(v.choice = t.expected), count(*) FROM trials t JOIN votes v ON v.trial = t.id"
    passed, checks = database.execute(f"{query} WHERE t.rater = ? AND t.kind = 'check'", (rater,)).fetchone()
    return int(passed), checks


def count_questions(database: sqlite3.Connection) -> int:
    """Pictures x pairs of methods."""
    return database.execute("SELECT count(*) FROM questions").fetchone()[0]


def _draw_vote(database: sqlite3.Connection, design: Design, rater: int, coin: bool) -> dict[str, Any] | None:
    """The columns of a rater's next vote; None where there is none."""
    slots = _free_slots(database, rater)
    if not slots and release_abandoned(database, design):
        slots = _free_slots(database, rater)
    if not slots:
        return None
    num_questions = count_questions(database)
    # Of one round of the plan, so that every question is asked once before any is asked again.
    slots = [slot for slot in slots if (slot["id"] - 1) // num_questions == (slots[0]["id"] - 1) // num_questions]
    own = {
        (row["first"], row["second"]): row["balance"]
        for row in database.execute(
            "SELECT q.first, q.second, sum(1 - 2 * t.is_swapped) AS balance FROM trials t JOIN questions q ON q.id = t.question"
            " WHERE t.rater = ? AND t.slot IS NOT NULL AND NOT t.is_released GROUP BY q.first, q.second",
            (rater,),
        )
    }
    balances = [Balances(own.get((slot["first"], slot["second"]), 0), slot["pair"], slot["balance"]) for slot in slots]
    chosen, is_swapped = best_candidate(balances, coin)
    slot = slots[chosen]
    return {"slot": slot["id"], "question": slot["question"], "seconds": slot["seconds"], **sided(database, slot, is_swapped)}


def _free_slots(database: sqlite3.Connection, rater: int) -> list[sqlite3.Row]:
    """The first free votes on questions that a rater was not asked yet."""
    return database.execute(
        "SELECT s.*, q.name, q.first, q.second, q.balance, b.balance AS pair FROM slots s JOIN questions q ON q.id = s.question"
        " JOIN balances b ON (b.first, b.second) = (q.first, q.second) AND b.seconds IS s.seconds"
        " WHERE s.is_free AND s.question NOT IN (SELECT question FROM trials WHERE rater = ? AND kind = 'vote')"
        " ORDER BY s.id LIMIT ?",
        (rater, _CANDIDATES),
    ).fetchall()


def sided(database: sqlite3.Connection, question: sqlite3.Row, is_swapped: bool) -> dict[str, Any]:
    """The columns that tell sides; question has name, first and second."""
    first, second = (_picture(database, question["name"], question[key]) for key in ("first", "second"))
    left, right = (second, first) if is_swapped else (first, second)
    return {"left": left, "right": right, "is_swapped": int(is_swapped)}


def _is_check(database: sqlite3.Connection, design: Design, rater: int, place: int) -> bool:
    """Whether a rater's trial after practice is an attention check: one at a random place before the last of so many votes."""
    interval = design.check_interval(count_questions(database))
    if not interval:
        return False
    block, offset = divmod(place, interval + 1)
    return offset == np.random.default_rng((design.seed, rater, block, 1)).integers(interval)


def _check_side(design: Design, rater: int, number: int) -> str:
    """The side that answers a rater's check: as often left as right, so that always pressing one side does not pass."""
    is_first_left = np.random.default_rng((design.seed, rater, number // 2, 3)).integers(2)
    return "left" if (number + is_first_left) % 2 else "right"


def draw_check(
    database: sqlite3.Connection, design: Design, rng: np.random.Generator, expected: str | None = None
) -> dict[str, Any]:
    """The columns of an attention check: a picture beside noise, for the longest duration; by default on a random side."""
    noise = database.execute("SELECT id, name FROM pictures WHERE method = ? ORDER BY name", (NOISE,)).fetchall()
    chosen = noise[rng.integers(len(noise))]
    picture = _picture(database, chosen["name"], design.methods[-1])  # the photo, where there is one
    expected = expected or ("left", "right")[rng.integers(2)]
    other = "right" if expected == "left" else "left"
    return {expected: picture, other: chosen["id"], "expected": expected, "seconds": max(design.seconds, default=None)}


def draw_practice(database: sqlite3.Connection, design: Design, rng: np.random.Generator) -> dict[str, Any]:
    """The columns of a random question, which may come again among the votes."""
    number = int(rng.integers(count_questions(database)))
    row = database.execute("SELECT * FROM questions WHERE id = ?", (number,)).fetchone()
    shown = sided(database, row, bool(rng.integers(2)))
    return {**shown, "is_swapped": None, "seconds": float(rng.choice(design.seconds)) if design.seconds else None}


def _picture(database: sqlite3.Connection, name: str, method: str) -> str:
    return database.execute("SELECT id FROM pictures WHERE name = ? AND method = ?", (name, method)).fetchone()["id"]
