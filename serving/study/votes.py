"""Reads the votes of a study, and tells which of them count."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from .database import reading
from .design import Design

FASTEST_MS = 300.0
"""Quicker answers are to the pair before, or to nothing that was seen: choosing between two pictures takes people longer, and the
second press of a double click comes by then. The page drops them, so that none should arrive."""
MOST_DEVIATION = 0.2
"""Of the time that a pair was shown from the time asked for, as a share of it; trials further off are kept apart."""

_QUERY = """
SELECT t.id, t.rater, t.kind, coalesce(q.name, l.name) AS name, q.first, q.second, l.method AS left, r.method AS right, t.seconds,
    t.expected, v.choice, v.answer_ms, v.shown_ms, v.frames, v.longest_frame_ms, v.clock, v.is_interrupted,
    max(t.left_loads, t.right_loads) AS loads, v.width, v.height, v.pixel_ratio, v.is_stacked, v.voted_at
FROM votes v JOIN trials t ON t.id = v.trial JOIN pictures l ON l.id = t.left JOIN pictures r ON r.id = t.right
    LEFT JOIN questions q ON q.id = t.question
ORDER BY v.voted_at, t.rater, t.position
"""


class StoredVote(NamedTuple):
    """An answer of a rater, in practice and in attention checks too.

    Attributes:
        trial: id of what the rater was shown.
        rater: number; no names are stored.
        kind: vote, check or practice.
        name: of the picture.
        first: method of the question's pair; None in practice and checks, as `second`.
        second: the other one.
        left: method whose picture was on the left.
        right: the other one.
        seconds: asked for; None in unlimited time.
        expected: side that answers a check correctly.
        choice: left or right.
        answer_ms: from the pictures' appearance to the answer.
        shown_ms: for which they were on screen; in limited time alone, as the three below.
        frames: that were presented meanwhile.
        longest_frame_ms: the longest of them.
        clock: whose times these are: presentation or frames.
        is_interrupted: 1 where the page was hidden meanwhile.
        loads: how often the pictures were sent.
        width: of each picture on the page, in CSS pixels.
        height: the same.
        pixel_ratio: pixels of the screen in a CSS pixel, along one edge.
        is_stacked: 1 where the left picture was above the right one.
        voted_at: seconds since 1970.
        kept_apart: why a vote does not count; empty where it does.
    """

    trial: str
    rater: int
    kind: str
    name: str
    first: str | None
    second: str | None
    left: str
    right: str
    seconds: float | None
    expected: str | None
    choice: str
    answer_ms: float
    shown_ms: float | None
    frames: int | None
    longest_frame_ms: float | None
    clock: str | None
    is_interrupted: int
    loads: int
    width: float | None
    height: float | None
    pixel_ratio: float | None
    is_stacked: int | None
    voted_at: float
    kept_apart: str = ""

    @property
    def preferred(self) -> str:
        """The method of the chosen picture."""
        return self.left if self.choice == "left" else self.right


def read_votes(folder: Path) -> tuple[list[StoredVote], int]:
    """Reads all votes of a study at one moment, also while raters are asked.

    Returns:
        The votes in the order in which they were given, and how many the study asks for.

    Raises:
        InputError: `folder` holds no study.
    """
    design = Design.read(folder)
    with reading(folder) as database:
        asked = database.execute("SELECT count(*) FROM slots").fetchone()[0]
        failed = {row["id"] for row in database.execute("SELECT id FROM raters WHERE has_failed")}
        return judge([_stored(row) for row in database.execute(_QUERY)], design, failed), asked


def checks_of(votes: Iterable[StoredVote]) -> dict[int, tuple[int, int]]:
    """Attention checks of every rater that had some: (passed, all)."""
    counts: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for vote in votes:
        if vote.kind == "check":
            passed, total = counts[vote.rater]
            counts[vote.rater] = passed + (vote.choice == vote.expected), total + 1
    return dict(counts)


def judge(votes: list[StoredVote], design: Design, failed: Collection[int] = ()) -> list[StoredVote]:
    """The same votes, with the reason why they do not count where they do not.

    Args:
        votes: of a study.
        design: of the study.
        failed: raters whose votes were asked again of others, since they had failed too many attention checks.
    """
    failing = {rater for rater, checks in checks_of(votes).items() if design.is_failing(*checks)}.union(failed)
    return [vote._replace(kept_apart=_reason(vote, failing)) for vote in votes]


def _reason(vote: StoredVote, failed: set[int]) -> str:
    if vote.kind != "vote":
        return vote.kind
    if vote.rater in failed:
        return "rater failed attention checks"
    return fault_of(vote.seconds, vote.answer_ms, vote.shown_ms, bool(vote.is_interrupted), vote.loads)


def fault_of(seconds: float | None, answer_ms: float, shown_ms: float | None, is_interrupted: bool, loads: int) -> str:
    """Why a vote does not count whoever gave it; empty where it does. Arguments as of `StoredVote`."""
    if answer_ms < FASTEST_MS:
        return "answered too fast"
    if seconds is None:
        return ""
    if abs(shown_ms - 1000 * seconds) > MOST_DEVIATION * 1000 * seconds:
        return "shown too long" if shown_ms > 1000 * seconds else "shown too short"
    if is_interrupted:
        return "page hidden meanwhile"
    return "pictures loaded again" if loads > 1 else ""


def _stored(row: sqlite3.Row) -> StoredVote:
    return StoredVote(*row)
