"""Gives raters their trials and takes their votes; all of it in the database, so that any number of processes can share it."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic

from .database import connect, writing
from .design import NOISE, PICTURES, Design

Side = Literal["left", "right"]

_PATIENCE_SECONDS = 3600.0
"""After which a pair that a rater left unanswered may be given to another."""
_MOST_MS = 31 * 24 * 3600 * 1000.0
"""Limit of what a vote says; a page may be left open for days."""
_Milliseconds = Annotated[float, pydantic.Field(ge=0, le=_MOST_MS, allow_inf_nan=False)]


class Refused(Exception):
    """A request that is not served.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@pydantic.dataclasses.dataclass(frozen=True, config=pydantic.ConfigDict(extra="forbid", strict=True))
class Vote:
    """What a page sends.

    Attributes:
        choice: the side that looks more natural.
        nonce: made by the page for this vote; the same vote sent again, its acknowledgement lost, is recognized by it.
        answer_ms: from the picture's appearance to the answer.
        shown_ms: for which the pictures were on screen; in limited time alone, as the three below.
        frames: that were presented meanwhile.
        longest_frame_ms: the longest of them.
        clock: whose times these are: "presentation" where the browser says when the pictures and what followed were presented, or
            else "frames".
        is_interrupted: the page was hidden meanwhile.
    """

    choice: Side
    nonce: Annotated[str, pydantic.Field(pattern=r"^[0-9a-zA-Z-]{8,64}$")]
    answer_ms: _Milliseconds
    shown_ms: _Milliseconds | None = None
    frames: Annotated[int, pydantic.Field(ge=0, le=10**7)] | None = None
    longest_frame_ms: _Milliseconds | None = None
    clock: Literal["presentation", "frames"] | None = None
    is_interrupted: bool = False

    @property
    def measured(self) -> tuple[float | None, int | None, float | None, str | None]:
        """What belongs to votes in limited time alone."""
        return self.shown_ms, self.frames, self.longest_frame_ms, self.clock

    @property
    def is_limited(self) -> bool | None:
        """Whether it says how long pictures were shown; None where it says that in part."""
        missing = [value is None for value in self.measured]
        return None if any(missing) != all(missing) else not missing[0]


@dataclass(frozen=True)
class Rater:
    """A row of the table of raters."""

    id: int
    has_consented: bool


class Ratings:
    """A study as its raters meet it; for any number of threads.

    Args:
        folder: that `study create` made.
    """

    def __init__(self, folder: Path) -> None:
        self.design = Design.read(folder)
        self._folder, self._local = folder, threading.local()

    @property
    def _database(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = connect(self._folder)
        return self._local.connection

    def rater(self, token: str) -> Rater:
        """The rater with a token; refuses others."""
        row = self._database.execute("SELECT id, consented_at FROM raters WHERE token = ?", (token,)).fetchone()
        if row is None:
            raise Refused(401, "this link is not one of the study's; ask for a new one")
        return Rater(row["id"], row["consented_at"] is not None)

    def consent(self, rater: Rater) -> None:
        """Notes that a rater agreed to take part; the first time counts."""
        with writing(self._database) as database:
            database.execute("UPDATE raters SET consented_at = coalesce(consented_at, ?) WHERE id = ?", (time.time(), rater.id))

    def progress(self, rater: Rater) -> dict[str, int]:
        """How many of a rater's votes are stored (`done`), and how many there can be (`total`)."""
        done = _count_votes(self._database, rater)
        questions = self._database.execute("SELECT count(*) FROM questions").fetchone()[0]
        return {"done": done, "total": min(questions, self.design.per_rater or questions)}

    def next_trial(self, rater: Rater) -> sqlite3.Row | None:
        """The trial that a rater has not answered yet, or else a new one; None where there is none left.

        Refuses raters who have not consented.
        """
        if not rater.has_consented:
            raise Refused(403, "agree to take part first")
        with writing(self._database) as database:
            last = database.execute(
                "SELECT t.*, v.trial IS NOT NULL AS is_voted FROM trials t LEFT JOIN votes v ON v.trial = t.id"
                " WHERE rater = ? ORDER BY position DESC LIMIT 1",
                (rater.id,),
            ).fetchone()
            if last and not last["is_voted"] and not last["is_released"]:
                return last
            position = last["position"] + 1 if last else 0
            trial = self._make_trial(database, rater, position)
            if trial is None:
                return None
            names = ", ".join(trial)
            database.execute(f"INSERT INTO trials({names}) VALUES ({', '.join('?' * len(trial))})", tuple(trial.values()))
            if trial["slot"] is not None:
                database.execute("UPDATE slots SET is_free = 0 WHERE id = ?", (trial["slot"],))
            return database.execute("SELECT * FROM trials WHERE id = ?", (trial["id"],)).fetchone()

    def picture(self, rater: Rater, trial: str, side: str) -> Path:
        """The file of a picture that a rater is to see now; refuses all others."""
        if side not in ("left", "right"):
            raise Refused(404, "no such picture; expected left or right")
        row = self._open_trial(self._database, rater, trial)
        # In limited time every loading counts: who loads a pair again may see it for longer than the page measures.
        if row["seconds"] is not None or not row[f"{side}_loads"]:
            with writing(self._database) as database:
                database.execute(f"UPDATE trials SET {side}_loads = {side}_loads + 1 WHERE id = ?", (trial,))
        return self._folder / PICTURES / f"{row[side]}.png"

    def vote(self, rater: Rater, trial: str, vote: Vote) -> None:
        """Stores a vote; it is on disk once this returns. Refuses it where the rater has no such trial, or has answered it."""
        with writing(self._database) as database:
            stored = database.execute(
                "SELECT v.* FROM votes v JOIN trials t ON t.id = v.trial WHERE v.trial = ? AND t.rater = ?", (trial, rater.id)
            ).fetchone()
            if stored and (stored["nonce"], stored["choice"]) == (vote.nonce, vote.choice):
                return
            row = self._open_trial(database, rater, trial)
            if not (row["left_loads"] and row["right_loads"]):
                raise Refused(409, "this pair has not been shown yet; load both of its pictures first")
            if vote.is_limited != (row["seconds"] is not None):
                raise Refused(
                    422, "shown_ms, frames, longest_frame_ms and clock belong to votes in limited time, and to them alone"
                )
            store_vote(database, trial, vote)

    def _open_trial(self, database: sqlite3.Connection, rater: Rater, trial: str) -> sqlite3.Row:
        row = database.execute(
            "SELECT t.*, v.trial IS NOT NULL AS is_voted FROM trials t LEFT JOIN votes v ON v.trial = t.id"
            " WHERE t.id = ? AND t.rater = ?",
            (trial, rater.id),
        ).fetchone()
        if row is None:
            raise Refused(404, "no such trial among yours")
        if row["is_voted"]:
            raise Refused(409, "this pair has your vote already")
        if row["is_released"]:
            raise Refused(409, "this pair was left for too long and is another rater's now")
        return row

    def _make_trial(self, database: sqlite3.Connection, rater: Rater, position: int) -> dict[str, Any] | None:
        design = self.design
        rng = np.random.default_rng((design.seed, rater.id, position))
        if position < design.practice:
            # The first one is easy, so that everybody learns what to do.
            drawn = draw_check(database, design, rng) if position == 0 else _draw_practice(database, design, rng)
            return _trial(rater, position, "practice", **drawn | {"expected": None})
        slot = self._find_slot(database, rater)
        if slot is None:
            return None
        if _is_check(design, rater, position - design.practice):
            return _trial(rater, position, "check", **draw_check(database, design, rng))
        columns = {name: slot[name] for name in ("left", "right", "seconds", "question")}
        return _trial(rater, position, "vote", slot=slot["id"], **columns)

    def _find_slot(self, database: sqlite3.Connection, rater: Rater) -> sqlite3.Row | None:
        if self.design.per_rater and _count_votes(database, rater) >= self.design.per_rater:
            return None
        for _ in range(2):
            slot = database.execute(
                "SELECT * FROM slots WHERE is_free AND question NOT IN"
                " (SELECT question FROM trials WHERE rater = ? AND kind = 'vote') ORDER BY id LIMIT 1",
                (rater.id,),
            ).fetchone()
            if slot or not _release_abandoned(database):
                return slot
        return None


def store_vote(database: sqlite3.Connection, trial: str, vote: Vote) -> None:
    """Stores a vote on a trial of the database, inside a transaction."""
    database.execute(
        "INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (trial, vote.nonce, vote.choice, vote.answer_ms, *vote.measured, int(vote.is_interrupted), time.time()),
    )


def _trial(rater: Rater, position: int, kind: str, **columns: Any) -> dict[str, Any]:
    trial = {"id": secrets.token_urlsafe(12), "rater": rater.id, "position": position, "kind": kind, "given_at": time.time()}
    return trial | {"slot": None, "question": None, "expected": None} | columns


def _count_votes(database: sqlite3.Connection, rater: Rater) -> int:
    query = "SELECT count(*) FROM trials JOIN votes ON trial = id WHERE rater = ? AND kind = 'vote'"
    return database.execute(query, (rater.id,)).fetchone()[0]


def _is_check(design: Design, rater: Rater, place: int) -> bool:
    """Whether a rater's trial after practice is an attention check: one at a random place among so many votes and itself."""
    if not design.check_every:
        return False
    block, offset = divmod(place, design.check_every + 1)
    return offset == np.random.default_rng((design.seed, rater.id, block, 1)).integers(design.check_every + 1)


def draw_check(database: sqlite3.Connection, design: Design, rng: np.random.Generator) -> dict[str, Any]:
    """The columns of an attention check: a picture beside noise, for the longest duration."""
    noise = database.execute("SELECT id, name FROM pictures WHERE method = ? ORDER BY name", (NOISE,)).fetchall()
    chosen = noise[rng.integers(len(noise))]
    picture = _picture(database, chosen["name"], design.methods[-1])  # the photo, where there is one
    expected, other = ("left", "right") if rng.integers(2) else ("right", "left")
    return {expected: picture, other: chosen["id"], "expected": expected, "seconds": max(design.seconds, default=None)}


def _draw_practice(database: sqlite3.Connection, design: Design, rng: np.random.Generator) -> dict[str, Any]:
    """A random question, which may come again among the votes."""
    questions = database.execute("SELECT count(*) FROM questions").fetchone()[0]
    row = database.execute("SELECT * FROM questions WHERE id = ?", (int(rng.integers(questions)),)).fetchone()
    left, right = (_picture(database, row["name"], row[key]) for key in rng.permuted(["first", "second"]).tolist())
    return {"left": left, "right": right, "seconds": float(rng.choice(design.seconds)) if design.seconds else None}


def _picture(database: sqlite3.Connection, name: str, method: str) -> str:
    return database.execute("SELECT id FROM pictures WHERE name = ? AND method = ?", (name, method)).fetchone()["id"]


def _release_abandoned(database: sqlite3.Connection) -> bool:
    """Takes back what raters have left unanswered for long; returns whether there was any."""
    abandoned = database.execute(
        "SELECT t.id, t.slot FROM trials t LEFT JOIN votes v ON v.trial = t.id"
        " WHERE v.trial IS NULL AND t.slot IS NOT NULL AND NOT t.is_released AND t.given_at < ?",
        (time.time() - _PATIENCE_SECONDS,),
    ).fetchall()
    database.executemany("UPDATE trials SET is_released = 1 WHERE id = ?", [(row["id"],) for row in abandoned])
    database.executemany("UPDATE slots SET is_free = 1 WHERE id = ?", [(row["slot"],) for row in abandoned])
    return bool(abandoned)
