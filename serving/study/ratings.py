"""Gives raters their trials and takes their votes; all of it in the database, so that any number of processes can share it."""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .database import connect, writing
from .design import PICTURES, Design
from .trials import insert_trial, next_trial, release_abandoned, settle_hopeless, settle_rater, store_vote
from .vote import Vote


class Refused(Exception):
    """A request that is not served.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Rater:
    """A row of the table of raters."""

    id: int
    has_consented: bool
    has_failed: bool


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
        row = self._database.execute("SELECT * FROM raters WHERE token = ?", (token,)).fetchone()
        if row is None:
            raise Refused(401, "this link is not one of the study's; ask for a new one")
        return Rater(row["id"], row["consented_at"] is not None, bool(row["has_failed"]))

    def consent(self, rater: Rater) -> None:
        """Notes that a rater agreed to take part; the first time counts."""
        with writing(self._database) as database:
            database.execute("UPDATE raters SET consented_at = coalesce(consented_at, ?) WHERE id = ?", (time.time(), rater.id))

    def refresh(self) -> None:
        """Takes back what raters have left unanswered for long, so that a rater who comes now may be given it."""
        with writing(self._database) as database:
            release_abandoned(database, self.design)

    def progress(self, rater: Rater) -> dict[str, int]:
        """How many of a rater's votes are stored (`done`), and how many there can be (`total`), as others have left it now."""
        done = _count_votes(self._database, rater)
        if rater.has_failed:
            return {"done": done, "total": done}
        asked = "SELECT question FROM trials WHERE rater = ? AND kind = 'vote'"
        free = self._database.execute(
            f"SELECT count(*) FROM questions WHERE num_free AND id NOT IN ({asked})", (rater.id,)
        ).fetchone()[0]
        held = self._database.execute(
            "SELECT count(*) FROM trials WHERE rater = ? AND slot IS NOT NULL AND NOT is_released"
            " AND id NOT IN (SELECT trial FROM votes)",
            (rater.id,),
        ).fetchone()[0]
        total = done + held + free
        return {"done": done, "total": min(total, max(done, self.design.per_rater)) if self.design.per_rater else total}

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
            trial = None
            if not self._has_ended(database, rater):
                trial = next_trial(database, self.design, rater.id, last["position"] + 1 if last else 0)
            if trial is None:
                settle_rater(database, self.design, rater.id)
                return None
            insert_trial(database, trial)
            return database.execute("SELECT * FROM trials WHERE id = ?", (trial["id"],)).fetchone()

    def _has_ended(self, database: sqlite3.Connection, rater: Rater) -> bool:
        """Whether a rater is asked nothing more, though there may be something left."""
        has_failed = database.execute("SELECT has_failed FROM raters WHERE id = ?", (rater.id,)).fetchone()[0]
        return bool(has_failed or (self.design.per_rater and _count_votes(database, rater) >= self.design.per_rater))

    def picture(self, rater: Rater, trial: str, side: str) -> bytes:
        """The file of a picture that a rater is to see now; refuses all others."""
        if side not in ("left", "right"):
            raise Refused(404, "no such picture; expected left or right")
        row = self._open_trial(self._database, rater, trial)
        try:
            content = (self._folder / PICTURES / f"{row[side]}.png").read_bytes()
        except OSError as error:
            raise Refused(
                410, f"a picture of the study cannot be read ({error.strerror}); tell those who gave you the link"
            ) from None
        # In limited time every loading counts: who loads a pair again may see it for longer than the page measures.
        if row["seconds"] is not None or not row[f"{side}_loads"]:
            with writing(self._database) as database:
                database.execute(f"UPDATE trials SET {side}_loads = {side}_loads + 1 WHERE id = ?", (trial,))
        return content

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
            if row["kind"] == "check":
                settle_hopeless(database, self.design, rater.id)

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


def _count_votes(database: sqlite3.Connection, rater: Rater) -> int:
    query = "SELECT count(*) FROM trials JOIN votes ON trial = id WHERE rater = ? AND kind = 'vote'"
    return database.execute(query, (rater.id,)).fetchone()[0]
