"""Writes the folder of a study: pictures under random names, settings and database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from tfhd.errors import InputError
from tfhd_client import is_transparent

from .database import add_raters, create, writing
from .design import NOISE, PICTURES, Design
from .plan import MOST_SLOTS, Plan, plan_votes
from .regions import RegionKind, show_region
from .sources import Source, read_pictures, size_fault
from .texts import listed

_MOST_CHECK_PICTURES = 8


@dataclass(frozen=True)
class Maps:
    """The maps that tell the regions.

    Attributes:
        source: their files.
        read: a file as a mask, bool `(height, width)`.
        kind: how regions are shown.
    """

    source: Source
    read: Callable[[Path], np.ndarray]
    kind: RegionKind


@dataclass
class Written:
    """What became of the pictures.

    Attributes:
        shown: names of those that are asked about.
        without_region: names of those that were left out.
        transparent: files whose transparency was dropped.
    """

    shown: list[str] = field(default_factory=list)
    without_region: list[str] = field(default_factory=list)
    transparent: list[str] = field(default_factory=list)


def write_study(
    folder: Path, design: Design, sources: dict[str, Source], names: list[str], maps: Maps | None, raters: int
) -> Written:
    """Writes all of a study into an empty folder.

    Raises:
        InputError: pictures of one name differ in size, all of which are named; or none has a region.
    """
    if len(names) * len(design.pairs) * design.votes_per_pair > MOST_SLOTS:  # before the pictures are copied, which takes long
        plan_votes(len(names), len(design.pairs), design.votes_per_pair, 1, 0)
    (folder / PICTURES).mkdir()
    rows: list[tuple[str, str, str]] = []
    written, faults = Written(), []
    for name in track(names, "Copying pictures", transient=True):
        made, fault = _read(name, sources, maps, written)
        if fault:
            faults.append(fault)
        if made is None or faults:
            continue
        methods = list(sources)
        if design.has_checks and len(written.shown) < _MOST_CHECK_PICTURES:
            rng = np.random.default_rng((design.seed, len(written.shown)))
            made, methods = [*made, rng.integers(256, size=made[0].shape, dtype=np.uint8)], [*methods, NOISE]
        written.shown.append(name)
        for method, picture in zip(methods, made, strict=True):
            rows.append((secrets.token_hex(12), method, name))
            # Written anew, so that neither format nor metadata tell one method from another.
            Image.fromarray(picture).save(folder / PICTURES / f"{rows[-1][0]}.png", compress_level=4)
    if faults:
        rule = "pictures of one name must be of one size" + (", and so must their map" if maps else "")
        raise InputError(f"{rule}, but {len(faults)} of {len(names)} are not: {listed(faults, '; ')}")
    if not written.shown:
        raise InputError("no picture has a region that is large enough to judge; choose another class, or other masks")
    design.write(folder)
    _write_database(folder, design, written.shown, rows, raters)
    return written


def _read(
    name: str, sources: dict[str, Source], maps: Maps | None, written: Written
) -> tuple[list[np.ndarray] | None, str | None]:
    """The pictures of one name as they are shown, None where they are left out, and what is wrong with their sizes."""
    paths = [source.by_name[name] for source in sources.values()]
    made = read_pictures(paths)
    arrays = list(zip(paths, made, strict=True))
    if maps:
        path = maps.source.by_name[name]
        arrays.append((path, maps.read(path)))
    fault = size_fault(arrays)
    if fault:
        return None, fault
    written.transparent += [str(path) for path in paths if is_transparent(path)]
    if maps:
        made = show_region(made, arrays[-1][1], maps.kind)
        if made is None:
            written.without_region.append(name)
    return made, None


def _write_database(folder: Path, design: Design, names: list[str], pictures: list[tuple[str, str, str]], raters: int) -> None:
    questions = [(number, name, *pair) for number, (name, pair) in enumerate((n, p) for n in names for p in design.pairs)]
    plan: Plan = plan_votes(len(names), len(design.pairs), design.votes_per_pair, max(1, len(design.seconds)), design.seed)
    durations = design.seconds or (None,)
    database = create(folder)
    with writing(database):
        database.executemany("INSERT INTO pictures VALUES (?, ?, ?)", pictures)
        database.executemany("INSERT INTO questions(id, name, first, second) VALUES (?, ?, ?, ?)", questions)
        balances = [(*pair, seconds) for pair in design.pairs for seconds in durations]
        database.executemany("INSERT INTO balances(first, second, seconds) VALUES (?, ?, ?)", balances)
        seconds = (durations[number] for number in plan.duration.tolist())
        slots = zip(plan.question.tolist(), seconds, strict=True)
        database.executemany("INSERT INTO slots(question, seconds) VALUES (?, ?)", slots)
        add_raters(database, raters)
    database.close()
