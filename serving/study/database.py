"""The database of a study: what is asked, of whom, and every vote."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfhd.errors import InputError

from .design import DATABASE

_SCHEMA = """
-- A picture file; its id is its file's name, which tells raters nothing.
CREATE TABLE pictures(id TEXT PRIMARY KEY, method TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(method, name)) STRICT;
-- One picture of a pair of methods. num_free: slots that are free; balance: by how much the first method was left more often.
CREATE TABLE questions(id INTEGER PRIMARY KEY, name TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
    num_free INTEGER NOT NULL DEFAULT 0, balance INTEGER NOT NULL DEFAULT 0) STRICT;
-- The same balance of a pair of methods at one duration.
CREATE TABLE balances(first TEXT NOT NULL, second TEXT NOT NULL, seconds REAL, balance INTEGER NOT NULL DEFAULT 0) STRICT;
-- One for every vote that is asked for, in the order in which raters are given them. seconds is NULL in unlimited time.
CREATE TABLE slots(id INTEGER PRIMARY KEY, question INTEGER NOT NULL REFERENCES questions, seconds REAL,
    is_free INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE INDEX free_slots ON slots(id) WHERE is_free;
-- token: what is in a rater's link; NULL for workers of Mechanical Turk, who have a digest of their id instead.
-- has_failed: failed too many attention checks, for good; the votes are asked of others.
CREATE TABLE raters(id INTEGER PRIMARY KEY, token TEXT UNIQUE, worker TEXT UNIQUE, consented_at REAL,
    has_failed INTEGER NOT NULL DEFAULT 0) STRICT;
-- What a rater was given. slot is NULL in practice and in attention checks; expected is the right answer to a check;
-- is_swapped: the question's first method is on the right; left_loads and right_loads count how often the pictures were sent;
-- is_released: the slot was taken back, since there was no answer or it does not count.
CREATE TABLE trials(id TEXT PRIMARY KEY, rater INTEGER NOT NULL REFERENCES raters, position INTEGER NOT NULL, kind TEXT NOT NULL,
    slot INTEGER REFERENCES slots, question INTEGER REFERENCES questions, left TEXT NOT NULL REFERENCES pictures,
    right TEXT NOT NULL REFERENCES pictures, is_swapped INTEGER, seconds REAL, expected TEXT, given_at REAL NOT NULL,
    left_loads INTEGER NOT NULL DEFAULT 0, right_loads INTEGER NOT NULL DEFAULT 0, is_released INTEGER NOT NULL DEFAULT 0,
    UNIQUE(rater, position)) STRICT;
CREATE UNIQUE INDEX slot_holders ON trials(slot) WHERE NOT is_released;
CREATE UNIQUE INDEX rater_questions ON trials(rater, question) WHERE kind = 'vote';
-- shown_ms, frames, longest_frame_ms and clock are NULL in unlimited time. width and height are in CSS pixels.
CREATE TABLE votes(trial TEXT PRIMARY KEY REFERENCES trials, nonce TEXT NOT NULL, choice TEXT NOT NULL, answer_ms REAL NOT NULL,
    shown_ms REAL, frames INTEGER, longest_frame_ms REAL, clock TEXT, is_interrupted INTEGER NOT NULL, width REAL, height REAL,
    pixel_ratio REAL, is_stacked INTEGER, voted_at REAL NOT NULL) STRICT;
CREATE INDEX vote_nonces ON votes(nonce);
-- What HITs of Mechanical Turk show. slot is NULL in attention checks.
CREATE TABLE hit_trials(id TEXT PRIMARY KEY, hit INTEGER NOT NULL, slot INTEGER REFERENCES slots,
    left TEXT NOT NULL REFERENCES pictures, right TEXT NOT NULL REFERENCES pictures, is_swapped INTEGER, seconds REAL,
    expected TEXT) STRICT;
CREATE INDEX hit_slots ON hit_trials(slot);
CREATE INDEX hits ON hit_trials(hit);
CREATE TABLE secrets(worker_key TEXT NOT NULL) STRICT;

CREATE TRIGGER slot_made AFTER INSERT ON slots BEGIN
    UPDATE questions SET num_free = num_free + NEW.is_free WHERE id = NEW.question;
END;
CREATE TRIGGER slot_changed AFTER UPDATE OF is_free ON slots BEGIN
    UPDATE questions SET num_free = num_free + NEW.is_free - OLD.is_free WHERE id = NEW.question;
END;
CREATE TRIGGER trial_given AFTER INSERT ON trials WHEN NEW.slot IS NOT NULL BEGIN
    UPDATE slots SET is_free = 0 WHERE id = NEW.slot;
    UPDATE questions SET balance = balance + 1 - 2 * NEW.is_swapped WHERE id = NEW.question;
    UPDATE balances SET balance = balance + 1 - 2 * NEW.is_swapped WHERE seconds IS NEW.seconds
        AND (first, second) = (SELECT first, second FROM questions WHERE id = NEW.question);
END;
CREATE TRIGGER trial_released AFTER UPDATE OF is_released ON trials
WHEN NEW.slot IS NOT NULL AND NEW.is_released AND NOT OLD.is_released BEGIN
    UPDATE slots SET is_free = 1 WHERE id = NEW.slot;
    UPDATE questions SET balance = balance - 1 + 2 * NEW.is_swapped WHERE id = NEW.question;
    UPDATE balances SET balance = balance - 1 + 2 * NEW.is_swapped WHERE seconds IS NEW.seconds
        AND (first, second) = (SELECT first, second FROM questions WHERE id = NEW.question);
END;
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
        raise _cannot_open(path, error) from None
    return connection


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A study's database at one moment, also while votes are stored, and where its folder may not be written.

    Raises:
        InputError: there is none, or it cannot be opened.
    """
    path, log = folder / DATABASE, folder / f"{DATABASE}-wal"
    with tempfile.TemporaryDirectory() as place:
        try:
            try:
                connection = _open_to_read(path, "mode=ro")
            except sqlite3.OperationalError:  # SQLite cannot make its files beside it, so nobody else does
                if log.is_file() and log.stat().st_size:  # holds votes that the file itself does not hold yet
                    for file in (path, log):
                        shutil.copy(file, place)
                    connection = _open_to_read(Path(place) / DATABASE, "mode=rw")
                else:
                    connection = _open_to_read(path, "mode=ro&immutable=1")
        except (sqlite3.Error, OSError) as error:
            raise _cannot_open(path, error) from None
        try:
            yield connection
        except sqlite3.Error as error:  # of a file that is damaged further on
            raise _cannot_open(path, error) from None
        finally:
            connection.close()


def _open_to_read(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM slots LIMIT 1")
    except BaseException:
        connection.close()
        raise
    return connection


def _cannot_open(path: Path, error: Exception) -> InputError:
    whole = "see that you may read and write it and its folder, and that the folder was copied whole"
    remedy = whole if path.is_file() else "name a folder that `study create` made"
    return InputError(f"{path}: cannot be read ({error}); {remedy}")


def create(folder: Path) -> sqlite3.Connection:
    """Makes the database of a new study."""
    (folder / DATABASE).touch(0o600)  # it holds the raters' tokens; SQLite gives the files beside it the same mode
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


@contextmanager
def changing(folder: Path) -> Iterator[sqlite3.Connection]:
    """A transaction of a command, as `writing`.

    Raises:
        InputError: there is no study, or its database cannot be written; nothing was stored.
    """
    connection = connect(folder)
    try:
        with writing(connection):
            yield connection
    except sqlite3.Error as error:
        raise InputError(
            f"{folder}: cannot be written ({error}), and nothing was stored; free disk space, or see that you may write the "
            "folder and that it was copied whole"
        ) from None
    finally:
        connection.close()


def add_raters(connection: sqlite3.Connection, count: int) -> None:
    """Makes tokens for further raters, inside a transaction."""
    connection.executemany("INSERT INTO raters(token) VALUES (?)", [(secrets.token_urlsafe(16),) for _ in range(count)])


def tokens(connection: sqlite3.Connection) -> list[str]:
    """The tokens of all raters that come by link, in the order in which they were made."""
    return [row["token"] for row in connection.execute("SELECT token FROM raters WHERE token IS NOT NULL ORDER BY id")]
