"""`tfhd study create`: pairs pictures by name and makes the folder of a study."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image
from rich.progress import track

from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.label_sets import load_label_set

from .database import add_raters, create, writing
from .design import MOST_RATERS, NOISE, PHOTO, PICTURES, SECONDS, Design
from .plan import MOST_SLOTS, Plan, plan_votes
from .regions import ClassRegion, RegionKind, read_mask, show_region
from .sources import Source, find_source, paired_names, read_pictures, require_size
from .statistics import votes_needed

QUESTION = "Which picture looks more natural?"
CONSENT = """In this study you see pairs of pictures and say of each pair which picture looks more natural.

Your answers are stored with the times they took. Neither your name nor your address is stored. You may stop at any time, and go \
on later with the same link."""
_MOST_CHECK_PICTURES = 8


def main(
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    *,
    pictures: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=FOLDER ...")],
    photos: Path | None = None,
    against: str | None = None,
    labels: Path | None = None,
    label_set: str = "cityscapes",
    region_class: str | None = None,
    regions: Path | None = None,
    region: RegionKind = "crop",
    limited_time: bool = False,
    seconds: tuple[float, ...] = (),
    votes_per_pair: int = 10,
    per_rater: int = 0,
    raters: int = 10,
    practice: int = 3,
    check_every: int = 20,
    break_every: int = 50,
    min_checks_passed: float = 0.8,
    question: str = QUESTION,
    consent: Path | None = None,
    seed: int = 0,
) -> None:
    """Make a study that asks people which of two pictures looks more natural.

    Files of the same name belong together, whatever their suffix. OUT holds copies of the pictures, the order of all votes, and a
    link's token for every rater; `study run OUT` asks, `study results OUT` evaluates.

    Args:
        out: folder to make.
        pictures: a folder of pictures for each method: --pictures ours=FOLDER pix2pix=FOLDER.
        photos: real photos. Attention checks show them beside noise (without them, pictures of the last method); in limited time
            they are also compared with the methods.
        against: compare every method with this one alone, not all with each other.
        labels: label maps of the pictures, for --region-class.
        label_set: of the label maps: ade20k, camvid, cityscapes, helen, nyu, or a .json file.
        region_class: ask about regions of this class, for instance car; pictures without it are left out.
        regions: masks of regions to ask about (where they are not 0), instead of --labels.
        region: show a crop of the largest region, or the picture with an outline around all of them.
        limited_time: hide the pictures after a random one of --seconds.
        seconds: durations; by default the paper's, 1/8 to 8 seconds.
        votes_per_pair: raters that are asked about each pair of pictures.
        per_rater: most votes of one rater; 0 for one on every pair.
        raters: links to make; `study run --add` makes more.
        practice: trials at a rater's start that do not count.
        check_every: votes between attention checks; 0 for none.
        break_every: votes between breaks; 0 for none.
        min_checks_passed: share of attention checks below which a rater's votes are kept apart.
        question: that raters are asked.
        consent: text file that raters agree to; by default a few lines that say what is stored.
        seed: of order, sides and durations.
    """
    if seconds and not limited_time:
        raise InputError("--seconds belongs to --limited-time; give both or neither")
    if not 1 <= raters <= MOST_RATERS:
        raise InputError(f"--raters is {raters}; expected 1 to {MOST_RATERS}")
    sources = [(name, find_source("--pictures", folder)) for name, folder in map(_parse, pictures)]
    if photos is not None:
        sources.append((PHOTO, find_source("--photos", photos)))
    methods = [name for name, _ in sources]
    if len(set(methods)) < len(methods):
        raise InputError(f"--pictures {' '.join(pictures)}: two methods share a name (--photos has {PHOTO!r}); rename one")
    compared = methods if limited_time or photos is None else methods[:-1]
    maps = _region_source(labels, label_set, region_class, regions)
    design = Design(
        methods=tuple(methods),
        pairs=_pairs(compared, against),
        seconds=(seconds or SECONDS) if limited_time else (),
        votes_per_pair=votes_per_pair,
        per_rater=per_rater,
        practice=practice,
        check_every=check_every,
        break_every=break_every,
        min_checks_passed=min_checks_passed,
        question=question,
        consent=CONSENT if consent is None else _read_text(consent),
        seed=seed,
    )
    named = dict(sources)
    names = paired_names([*named.values(), *([maps[0]] if maps else [])])
    with new_folder(out, "study") as folder:
        names = _write(folder, design, named, names, maps, region, raters)
    _report(out, design, len(names), raters)


def _parse(item: str) -> tuple[str, Path]:
    name, equals, folder = item.partition("=")
    if not equals or not folder:
        raise InputError(f"--pictures {item}: expected NAME=FOLDER, for instance ours=results/ours")
    return name, Path(folder)


def _region_source(
    labels: Path | None, label_set: str, region_class: str | None, regions: Path | None
) -> tuple[Source, Callable[[Path], np.ndarray]] | None:
    """The maps that tell the regions, and what reads a map as a mask; None where whole pictures are shown."""
    if (labels is None) != (region_class is None):
        raise InputError("--labels and --region-class belong together; give both or neither")
    if labels is not None and regions is not None:
        raise InputError("--labels and --regions both tell the regions; give one of them")
    if labels is not None:
        return find_source("--labels", labels), ClassRegion(load_label_set(label_set), region_class).mask
    return None if regions is None else (find_source("--regions", regions), read_mask)


def _pairs(methods: list[str], against: str | None) -> tuple[tuple[str, str], ...]:
    if against is None:
        return tuple(itertools.combinations(methods, 2))
    if against not in methods:
        raise InputError(f"--against {against}: no such method; expected one of {', '.join(methods)}")
    return tuple((against, name) for name in methods if name != against)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: cannot read the consent text ({reason}); give --consent a text file") from None


def _write(
    folder: Path,
    design: Design,
    sources: dict[str, Source],
    names: list[str],
    maps: tuple[Source, Callable[[Path], np.ndarray]] | None,
    region: RegionKind,
    raters: int,
) -> list[str]:
    """Writes all of a study; returns the names of the pictures that are shown."""
    if len(names) * len(design.pairs) * design.votes_per_pair > MOST_SLOTS:  # before the pictures are copied, which takes long
        plan_votes(len(names), len(design.pairs), design.votes_per_pair, 1, 0)
    (folder / PICTURES).mkdir()
    rows: list[tuple[str, str, str]] = []
    shown: list[str] = []
    for name in track(names, "Copying pictures", transient=True):
        paths = [source.by_name[name] for source in sources.values()]
        made = read_pictures(paths)
        if maps:
            path = maps[0].by_name[name]
            mask = maps[1](path)
            require_size(path, mask, paths[0], made[0], "the map must be of the pictures' size")
            made = show_region(made, mask, region)
            if made is None:
                continue
        methods = list(sources)
        if design.has_checks and len(shown) < _MOST_CHECK_PICTURES:
            rng = np.random.default_rng((design.seed, len(shown)))
            made, methods = [*made, rng.integers(256, size=made[0].shape, dtype=np.uint8)], [*methods, NOISE]
        shown.append(name)
        for method, picture in zip(methods, made, strict=True):
            rows.append((secrets.token_hex(12), method, name))
            # Written anew, so that neither format nor metadata tell one method from another.
            Image.fromarray(picture).save(folder / PICTURES / f"{rows[-1][0]}.png", compress_level=4)
    if not shown:
        raise InputError("no picture has a region that is large enough to judge; choose another class, or other masks")
    design.write(folder)
    plan = plan_votes(len(shown), len(design.pairs), design.votes_per_pair, max(1, len(design.seconds)), design.seed)
    _write_database(folder, design, shown, rows, plan, raters)
    return shown


def _write_database(
    folder: Path, design: Design, names: list[str], pictures: list[tuple[str, str, str]], plan: Plan, raters: int
) -> None:
    ids = {(method, name): number for number, method, name in pictures}
    questions = [(name, *pair) for name in names for pair in design.pairs]

    def slot(question: int, is_swapped: bool, duration: int) -> tuple[int, str, str, float | None]:
        name, *methods = questions[question]
        left, right = reversed(methods) if is_swapped else methods
        return question, ids[left, name], ids[right, name], design.seconds[duration] if design.seconds else None

    database = create(folder)
    with writing(database):
        database.executemany("INSERT INTO pictures VALUES (?, ?, ?)", pictures)
        numbered = [(number, *question) for number, question in enumerate(questions)]
        database.executemany("INSERT INTO questions VALUES (?, ?, ?, ?)", numbered)
        slots = map(slot, plan.question.tolist(), plan.is_swapped.tolist(), plan.duration.tolist())
        database.executemany("INSERT INTO slots(question, left, right, seconds) VALUES (?, ?, ?, ?)", slots)
    add_raters(database, raters)
    database.close()


def _report(out: Path, design: Design, num_pictures: int, raters: int) -> None:
    votes = num_pictures * design.votes_per_pair
    pairs = ", ".join(f"{first} : {second}" for first, second in design.pairs)
    print(f"{out}: {num_pictures} pictures, {pairs}; {votes} votes per pair of methods, links for {raters} raters")
    if design.is_limited:
        print(f"{votes // len(design.seconds)} votes on each pair of methods at each of {len(design.seconds)} durations")
    needed = votes_needed(0.55)
    print(f"It takes {needed} votes to tell a preference of 55 % from chance in 80 % of studies (see `study power`)")
    questions = num_pictures * len(design.pairs)
    if raters < design.votes_per_pair or raters * min(design.per_rater or questions, questions) < votes * len(design.pairs):
        print(
            f"{raters} raters cannot give all of these votes, since nobody is asked twice about a pair; "
            "add some with `study run --add`"
        )
