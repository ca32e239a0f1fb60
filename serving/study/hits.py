"""`tfhd study hits`: the votes that a study still asks for as HITs of Mechanical Turk."""

from __future__ import annotations

import csv
import json
import re
import secrets
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from tfhd.errors import InputError
from tfhd.files import new_folder

from .database import changing
from .design import Design
from .sides import Balances, is_swapped_next
from .texts import count_of
from .trials import draw_check, draw_practice, release_abandoned, sided

_PAGE = Path(__file__).parent / "page"
# Browsers load no picture by http into the site's pages, but those of their own machine, for a trial.
_URL = re.compile(r"(https://[A-Za-z0-9.:-]+|http://(localhost|127\.0\.0\.1)(:\d+)?)(/[A-Za-z0-9._~%+-]+)*/?")
_MOST_TRIALS, _MOST_PRACTICE = 100, 10
_COLUMNS = ("trial", "left", "right", "seconds")


def main(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    *,
    pictures_url: str,
    trials: int = 25,
    checks: int = 4,
    practice: int = 2,
) -> None:
    """Write a layout and an input file for Mechanical Turk, with all votes that are still asked for.

    OUT/hit.html is the layout, OUT/hits.csv its input file. Upload the files of STUDY/pictures to where --pictures-url leads, and
    ask one worker for each HIT. These votes are no longer given to raters by link. `study read-hits` reads the results, and
    `study release-hits` has the votes asked again that no worker gave.

    Args:
        study: folder that `study create` made.
        out: folder to make.
        pictures_url: where the files of STUDY/pictures can be read by everybody, for instance https://bucket.s3.amazonaws.com/study.
        trials: of one HIT, attention checks included.
        checks: attention checks of one HIT.
        practice: further trials at the start of each HIT that do not count, the first of them easy.
    """
    design = Design.read(study)
    _check_flags(study, design, pictures_url, trials, checks, practice)
    with changing(study) as database, new_folder(out, "HITs") as folder:
        release_abandoned(database, design)
        hits = _make_hits(database, design, trials, checks)
        if not hits:
            raise InputError(f"{study}: asks for no further votes; all are given to raters or in HITs already")
        shown = [(number, [*_draw_practices(database, design, number, practice), *rows]) for number, rows in hits]
        _write_input(folder / "hits.csv", shown, pictures_url.rstrip("/"), practice + trials)
        (folder / "hit.html").write_text(_layout(design, practice, practice + trials), encoding="utf-8")
    votes = sum(trial["slot"] is not None for _, hit in hits for trial in hit)
    print(f"{out}: {count_of(len(hits), 'HIT')} with {count_of(votes, 'vote')}; ask one worker for each")


def _check_flags(study: Path, design: Design, pictures_url: str, trials: int, checks: int, practice: int) -> None:
    if not _URL.fullmatch(pictures_url):
        raise InputError(f"--pictures-url {pictures_url}: expected https://HOST/FOLDER")
    if not 1 <= trials <= _MOST_TRIALS:
        raise InputError(f"--trials is {trials}; expected 1 to {_MOST_TRIALS}")
    if not 0 <= checks < trials:
        raise InputError(f"--checks is {checks}; expected 0 to {trials - 1}, fewer than --trials")
    if not 0 <= practice <= _MOST_PRACTICE:
        raise InputError(f"--practice is {practice}; expected 0 to {_MOST_PRACTICE}")
    if (checks or practice) and not design.has_checks:
        raise InputError(f"{study}: was made without attention checks and practice; give --checks 0 --practice 0")


def _make_hits(database: sqlite3.Connection, design: Design, trials: int, checks: int) -> list[tuple[int, list[dict[str, Any]]]]:
    """Takes all free votes of the study and stores them as HITs; returns each one's number and its trials."""
    first = database.execute("SELECT coalesce(max(hit), 0) + 1 FROM hit_trials").fetchone()[0]
    slots = database.execute(
        "SELECT s.*, q.name, q.first, q.second FROM slots s JOIN questions q ON q.id = s.question WHERE s.is_free ORDER BY s.id"
    ).fetchall()
    shared = {row["id"]: row["balance"] for row in database.execute("SELECT id, balance FROM questions WHERE num_free")}
    for row in database.execute("SELECT * FROM balances"):
        shared[row["first"], row["second"], row["seconds"]] = row["balance"]
    hits = []
    for number, group in enumerate(_grouped(slots, trials - checks), first):
        rng = np.random.default_rng((design.seed, number, 2))
        rows = _sided(database, group, shared, rng)
        expected = rng.permuted(np.arange(checks) % 2 + rng.integers(2)) % 2
        for place, side in zip(sorted(rng.choice(len(rows) + checks, checks, replace=False)), expected, strict=True):
            check = draw_check(database, design, rng, ("left", "right")[side])
            rows.insert(int(place), {"slot": None, "is_swapped": None, **check})
        hits.append((number, [{"id": secrets.token_urlsafe(12), "hit": number, **row} for row in rows]))
    database.executemany(
        "INSERT INTO hit_trials VALUES (:id, :hit, :slot, :left, :right, :is_swapped, :seconds, :expected)",
        [trial for _, hit in hits for trial in hit],
    )
    database.execute("UPDATE slots SET is_free = 0 WHERE is_free")
    return hits


def _sided(
    database: sqlite3.Connection, slots: list[sqlite3.Row], shared: dict[Any, int], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """The votes of one HIT with their sides: balanced within the HIT, as for a rater, and over pictures and pairs.

    Args:
        database: of the study.
        slots: of one HIT.
        shared: balances by question, and by pair and duration; brought up to date.
        rng: for what these leave open.
    """
    own: Counter[tuple[str, str]] = Counter()
    rows = []
    for slot in slots:
        pair = slot["first"], slot["second"]
        keys = (*pair, slot["seconds"]), slot["question"]
        is_swapped = is_swapped_next(Balances(own[pair], *(shared[key] for key in keys)), bool(rng.integers(2)))
        step = -1 if is_swapped else 1
        own[pair] += step
        for key in keys:
            shared[key] += step
        rows.append({"slot": slot["id"], "expected": None, "seconds": slot["seconds"], **sided(database, slot, is_swapped)})
    return rows


def _draw_practices(database: sqlite3.Connection, design: Design, number: int, practice: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng((design.seed, number, 4))
    draw = (draw_check, *[draw_practice] * practice)
    return [{"id": f"practice-{place + 1}", **draw[place](database, design, rng)} for place in range(practice)]


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


def _layout(design: Design, practice: int, trials: int) -> str:
    rows = [
        "<div " + " ".join(f'data-{column}="${{{column}_{place}}}"' for column in _COLUMNS) + "></div>"
        for place in range(1, trials + 1)
    ]
    texts = json.dumps({"question": design.question, "consent": design.consent, "scale": design.scale, "practice": practice})
    parts = {
        "STYLE": (_PAGE / "study.css").read_text(encoding="utf-8"),
        "TRIALS": "\n".join(rows),
        # Neither the end of the script nor a value of Mechanical Turk's may stand in the texts.
        "TEXTS": texts.replace("<", "\\u003c").replace("$", "\\u0024"),
        "SCRIPT": "".join((_PAGE / name).read_text(encoding="utf-8") for name in ("presentation.js", "hit.js")),
    }
    layout = (_PAGE / "hit.html").read_text(encoding="utf-8")
    return re.sub("|".join(parts), lambda found: parts[found[0]], layout)
