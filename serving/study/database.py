"""The database of a study: what is asked, of whom, and every vote."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfhd.errors import InputError

from .design import DATABASE

_SCHEMA = """
-- A picture file; its id is its file's name, which tells raters nothing.
CREATE TABLE pictures(id TEXT PRIMARY KEY, method TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(method, name)) STRICT;
-- One picture of a pair of methods.
CREATE TABLE questions(id INTEGER PRIMARY KEY, name TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL) STRICT;
-- One for every vote that is asked for, in the order in which raters are given them. seconds is NULL in unlimited time.
CREATE TABLE slots(id INTEGER PRIMARY KEY, question INTEGER NOT NULL REFERENCES questions, left TEXT NOT NULL REFERENCES pictures,
    right TEXT NOT NULL REFERENCES pictures, seconds REAL, is_free INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE INDEX free_slots ON slots(id) WHERE is_free;
-- token: what is in a rater's link; NULL for workers of Mechanical Turk, who have a digest of their id instead.
CREATE TABLE raters(id INTEGER PRIMARY KEY, token TEXT UNIQUE, worker TEXT UNIQUE, consented_at REAL) STRICT;
-- What a rater was given. slot is NULL in practice and in attention checks; expected is the right answer to a check;
-- left_loads and right_loads count how often the pictures were sent.
CREATE TABLE trials(id TEXT PRIMARY KEY, rater INTEGER NOT NULL REFERENCES raters, position INTEGER NOT NULL, kind TEXT NOT NULL,
    slot INTEGER REFERENCES slots, question INTEGER REFERENCES questions, left TEXT NOT NULL REFERENCES pictures,
    right TEXT NOT NULL REFERENCES pictures, seconds REAL, expected TEXT, given_at REAL NOT NULL,
    left_loads INTEGER NOT NULL DEFAULT 0, right_loads INTEGER NOT NULL DEFAULT 0, is_released INTEGER NOT NULL DEFAULT 0,
    UNIQUE(rater, position)) STRICT;
CREATE UNIQUE INDEX slot_holders ON trials(slot) WHERE NOT is_released;
CREATE UNIQUE INDEX rater_questions ON trials(rater, question) WHERE kind = 'vote';
-- shown_ms, frames, longest_frame_ms and clock are NULL in unlimited time.
CREATE TABLE votes(trial TEXT PRIMARY KEY REFERENCES trials, nonce TEXT NOT NULL, choice TEXT NOT NULL, answer_ms REAL NOT NULL,
    shown_ms REAL, frames INTEGER, longest_frame_ms REAL, clock TEXT, is_interrupted INTEGER NOT NULL,
    voted_at REAL NOT NULL) STRICT;
-- What HITs of Mechanical Turk show. slot is NULL in attention checks.
CREATE TABLE hit_trials(id TEXT PRIMARY KEY, hit INTEGER NOT NULL, slot INTEGER REFERENCES slots,
    left TEXT NOT NULL REFERENCES pictures, right TEXT NOT NULL REFERENCES pictures, seconds REAL, expected TEXT) STRICT;
CREATE TABLE secrets(worker_key TEXT NOT NULL) STRICT;
"""
_WAIT_SECONDS = 30.0


def connect(folder: Path) -> sqlite3.Connection:
    """Opens a study's database; the connection is for one thread at a time.

    A transaction that has been committed is on disk, whatever happens to the process or the machine.

    Raises:
        InputError: there is none, or it cannot be opened.
    """
    path = folder / DATABASE
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")  # in WAL mode, the default of many builds loses the last commits
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("SELECT 1 FROM slots LIMIT 1")
    except sqlite3.Error as error:
        raise InputError(f"{path}: cannot be opened ({error}); name a folder that `study create` made") from None
    return connection


def create(folder: Path) -> sqlite3.Connection:
    """Makes the database of a new study."""
    connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_SCHEMA)
    connection.execute("INSERT INTO secrets VALUES (?)", (secrets.token_hex(32),))
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction that no other writer overlaps: on disk after the block, or undone where the block raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def add_raters(connection: sqlite3.Connection, count: int) -> None:
    """Makes tokens for further raters."""
    with writing(connection):
        connection.executemany("INSERT INTO raters(token) VALUES (?)", [(secrets.token_urlsafe(16),) for _ in range(count)])


def tokens(connection: sqlite3.Connection) -> list[str]:
    """The tokens of all raters that come by link, in the order in which they were made."""
    return [row["token"] for row in connection.execute("SELECT token FROM raters WHERE token IS NOT NULL ORDER BY id")]
