"""`tfhd study hits`: the votes that a study still asks for as HITs of Mechanical Turk."""

from __future__ import annotations

import csv
import json
import re
import secrets
import sqlite3
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from tfhd.errors import InputError
from tfhd.files import new_folder

from .database import connect, writing
from .design import Design
from .ratings import draw_check

_PAGE = Path(__file__).parent / "page"
_URL = re.compile(r"https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~%+-]+)*/?")
_MOST_TRIALS = 100
_COLUMNS = ("trial", "left", "right", "seconds")


def main(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    *,
    pictures_url: str,
    trials: int = 25,
    checks: int = 2,
) -> None:
    """Write a layout and an input file for Mechanical Turk, with all votes that are still asked for.

    OUT/hit.html is the layout, OUT/hits.csv its input file. Upload the files of STUDY/pictures to where --pictures-url leads, and
    ask one worker for each HIT. These votes are no longer given to raters by link. `study read-hits` reads the results.

    Args:
        study: folder that `study create` made.
        out: folder to make.
        pictures_url: where the files of STUDY/pictures can be read by everybody, for instance https://bucket.s3.amazonaws.com/study.
        trials: of one HIT, attention checks included.
        checks: attention checks of one HIT.
    """
    if not _URL.fullmatch(pictures_url):
        raise InputError(f"--pictures-url {pictures_url}: expected https://HOST/FOLDER")
    if not 1 <= trials <= _MOST_TRIALS:
        raise InputError(f"--trials is {trials}; expected 1 to {_MOST_TRIALS}")
    if not 0 <= checks < trials:
        raise InputError(f"--checks is {checks}; expected 0 to {trials - 1}, fewer than --trials")
    design, database = Design.read(study), connect(study)
    if checks and not design.has_checks:
        raise InputError(f"{study}: was made without attention checks; give --checks 0")
    with writing(database), new_folder(out, "HITs") as folder:
        hits = _make_hits(database, design, trials, checks)
        if not hits:
            raise InputError(f"{study}: asks for no further votes; all are given to raters or in HITs already")
        _write_input(folder / "hits.csv", hits, pictures_url.rstrip("/"), trials)
        (folder / "hit.html").write_text(_layout(design, trials), encoding="utf-8")
    database.close()
    votes = sum(trial["slot"] is not None for _, hit in hits for trial in hit)
    print(f"{out}: {len(hits)} HITs with {votes} votes; ask one worker for each")


def _make_hits(database: sqlite3.Connection, design: Design, trials: int, checks: int) -> list[tuple[int, list[dict[str, Any]]]]:
    """Takes all free votes of the study and stores them as HITs; returns each one's number and its trials."""
    first = database.execute("SELECT coalesce(max(hit), 0) + 1 FROM hit_trials").fetchone()[0]
    slots = database.execute("SELECT * FROM slots WHERE is_free ORDER BY id").fetchall()
    hits = []
    for number, group in enumerate(_grouped(slots, trials - checks), first):
        rng = np.random.default_rng((design.seed, number, 2))
        rows = [{"slot": slot["id"], "expected": None, **_shown(slot)} for slot in group]
        for place in sorted(rng.choice(len(rows) + checks, checks, replace=False).tolist()):
            check = draw_check(database, design, rng)
            rows.insert(place, {"slot": None, "expected": check["expected"], **_shown(check)})
        hits.append((number, [{"id": secrets.token_urlsafe(12), "hit": number, **row} for row in rows]))
    every = [trial for _, hit in hits for trial in hit]
    database.executemany("INSERT INTO hit_trials VALUES (:id, :hit, :slot, :left, :right, :seconds, :expected)", every)
    database.execute("UPDATE slots SET is_free = 0 WHERE is_free")
    return hits


def _shown(row: sqlite3.Row | dict[str, Any]) -> dict[str, Any]:
    return {"left": row["left"], "right": row["right"], "seconds": row["seconds"]}


def _grouped(slots: list[sqlite3.Row], size: int) -> list[list[sqlite3.Row]]:
    """Groups of up to `size`, without a question twice in one."""
    groups: list[list[sqlite3.Row]] = []
    asked: set[int] = set()
    for slot in slots:
        if not groups or len(groups[-1]) == size or slot["question"] in asked:
            groups.append([])
            asked = set()
        groups[-1].append(slot)
        asked.add(slot["question"])
    return groups


def _write_input(path: Path, hits: list[tuple[int, list[dict[str, Any]]]], url: str, trials: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["hit", *(f"{column}_{place}" for place in range(1, trials + 1) for column in _COLUMNS)])
        for number, hit in hits:
            cells: list[Any] = [number]
            for trial in hit:
                seconds = "" if trial["seconds"] is None else f"{trial['seconds']:g}"
                cells += [trial["id"], f"{url}/{trial['left']}.png", f"{url}/{trial['right']}.png", seconds]
            writer.writerow([*cells, *[""] * (1 + trials * len(_COLUMNS) - len(cells))])


def _layout(design: Design, trials: int) -> str:
    rows = [
        "<div " + " ".join(f'data-{column}="${{{column}_{place}}}"' for column in _COLUMNS) + "></div>"
        for place in range(1, trials + 1)
    ]
    texts = json.dumps({"question": design.question, "consent": design.consent})
    parts = {
        "STYLE": (_PAGE / "study.css").read_text(encoding="utf-8"),
        "TRIALS": "\n".join(rows),
        # Neither the end of the script nor a value of Mechanical Turk's may stand in the texts.
        "TEXTS": texts.replace("<", "\\u003c").replace("$", "\\u0024"),
        "SCRIPT": "".join((_PAGE / name).read_text(encoding="utf-8") for name in ("presentation.js", "hit.js")),
    }
    layout = (_PAGE / "hit.html").read_text(encoding="utf-8")
    return re.sub("|".join(parts), lambda found: parts[found[0]], layout)
