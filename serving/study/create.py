"""`tfhd study create`: pairs pictures by name and makes the folder of a study."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import tyro

from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.label_sets import load_label_set

from .design import MOST_RATERS, PHOTO, SECONDS, Design
from .regions import ClassRegion, RegionKind, read_mask
from .sources import Source, find_source, paired_names
from .statistics import votes_needed
from .texts import count_of, listed
from .writing import Maps, Written, write_study

QUESTION = "Which picture looks more natural?"
CONSENT = """In this study you see pairs of pictures and say of each pair which picture looks more natural.

Your answers are stored with the times they took and the size of the pictures on your screen. Neither your \
name nor your address is stored. You may stop at any time."""


@dataclass(frozen=True)
class Regions:
    """What part of the pictures is shown.

    Attributes:
        labels: label maps of the pictures, for --region-class.
        label_set: of the label maps: ade20k, camvid, cityscapes, helen, nyu, or a .json file.
        region_class: ask about regions of this class, for instance car; pictures without it are left out.
        regions: masks of regions to ask about (where they are not 0), instead of --labels.
        region: show a crop of the largest region, the default, or the picture with an outline around all of them.
    """

    labels: Path | None = None
    label_set: str = "cityscapes"
    region_class: str | None = None
    regions: Path | None = None
    region: RegionKind | None = None


@dataclass(frozen=True)
class Asking:
    """How raters are asked.

    Attributes:
        limited_time: hide the pictures after a random one of --seconds.
        seconds: durations; by default the paper's, 1/8 to 8 seconds.
        votes_per_pair: raters that are asked about each pair of pictures.
        per_rater: most votes of one rater; 0 for one on every pair.
        raters: links to make; `study run --add` makes more.
        practice: trials at a rater's start that do not count.
        check_every: most votes between attention checks; fewer where a rater would get less than 4 checks; 0 for none.
        break_every: votes between breaks; 0 for none.
        min_checks_passed: share of attention checks below which a rater's votes are kept apart and asked again of others; one
            slip is forgiven, unless it is 1.
        scale: most CSS pixels that a pixel of a picture takes on the screen; larger pictures are made smaller to fit.
        question: that raters are asked.
        consent: text file that raters agree to; by default a few lines that say what is stored.
        seed: of order, sides and durations.
    """

    limited_time: bool = False
    seconds: tuple[float, ...] = ()
    votes_per_pair: int = 10
    per_rater: int = 0
    raters: int = 10
    practice: int = 3
    check_every: int = 20
    break_every: int = 50
    min_checks_passed: float = 0.8
    scale: float = 1.0
    question: str = QUESTION
    consent: Path | None = None
    seed: int = 0


_WHOLE_PICTURES, _AS_IN_THE_PAPER = Regions(), Asking()


def main(
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    *,
    pictures: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=FOLDER ...")],
    photos: Path | None = None,
    against: str | None = None,
    regions: tyro.conf.OmitArgPrefixes[Regions] = _WHOLE_PICTURES,
    asking: tyro.conf.OmitArgPrefixes[Asking] = _AS_IN_THE_PAPER,
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
        regions: what part of the pictures is shown.
        asking: how raters are asked.
    """
    if not 1 <= asking.raters <= MOST_RATERS:
        raise InputError(f"--raters is {asking.raters}; expected 1 to {MOST_RATERS}")
    sources = _find_sources(pictures, photos)
    maps = _find_maps(regions)
    compared = [name for name in sources if asking.limited_time or photos is None or name != PHOTO]
    design = _design(tuple(sources), _pairs(compared, against), asking)
    names = paired_names([*sources.values(), *([maps.source] if maps else [])])
    with new_folder(out, "study") as folder:
        written = write_study(folder, design, sources, names, maps, asking.raters)
    _report(out, design, written, asking.raters)


def _design(methods: tuple[str, ...], pairs: tuple[tuple[str, str], ...], asking: Asking) -> Design:
    if asking.seconds and not asking.limited_time:
        raise InputError("--seconds belongs to --limited-time; give both or neither")
    same = {each.name: getattr(asking, each.name) for each in fields(Design) if hasattr(asking, each.name)}
    own = {
        "seconds": (asking.seconds or SECONDS) if asking.limited_time else (),
        "consent": CONSENT if asking.consent is None else _read_text(asking.consent),
    }
    return Design(**{**same, **own, "methods": methods, "pairs": pairs})


def _find_sources(pictures: tuple[str, ...], photos: Path | None) -> dict[str, Source]:
    """The files of each method, photos last."""
    named = [(*_parse(item), "--pictures") for item in pictures]
    if photos is not None:
        named.append((PHOTO, photos, "--photos"))
    names, folders = [name for name, _, _ in named], [folder.resolve() for _, folder, _ in named]
    if len(set(names)) < len(names):
        raise InputError(f"--pictures {' '.join(pictures)}: two methods share a name (--photos has {PHOTO!r}); rename one")
    for number, folder in enumerate(folders):
        if folder in folders[:number]:
            print(f"Note: {names[folders.index(folder)]} and {names[number]} are one folder, so their pictures are the same")
    return {name: find_source(flag, folder) for name, folder, flag in named}


def _parse(item: str) -> tuple[str, Path]:
    name, equals, folder = item.partition("=")
    if not equals or not folder:
        raise InputError(f"--pictures {item}: expected NAME=FOLDER, for instance ours=results/ours")
    return name, Path(folder)


def _find_maps(given: Regions) -> Maps | None:
    """The maps that tell the regions; None where whole pictures are shown."""
    if (given.labels is None) != (given.region_class is None):
        raise InputError("--labels and --region-class belong together; give both or neither")
    if given.labels is not None and given.regions is not None:
        raise InputError("--labels and --regions both tell the regions; give one of them")
    kind = given.region or "crop"
    if given.labels is not None:
        read = ClassRegion(load_label_set(given.label_set), given.region_class).mask
        return Maps(find_source("--labels", given.labels), read, kind)
    if given.regions is not None:
        return Maps(find_source("--regions", given.regions), read_mask, kind)
    if given.region is not None:
        raise InputError(f"--region {kind} needs the regions: give --labels and --region-class, or --regions")
    return None


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


def _report(out: Path, design: Design, written: Written, raters: int) -> None:
    num_pictures = len(written.shown)
    votes = num_pictures * design.votes_per_pair
    pairs = ", ".join(f"{first} : {second}" for first, second in design.pairs)
    print(
        f"{out}: {count_of(num_pictures, 'picture')}, {pairs}; {count_of(votes, 'vote')} per pair of methods, "
        f"links for {count_of(raters, 'rater')}"
    )
    if written.without_region:
        print(
            f"{count_of(len(written.without_region), 'picture')} left out, whose region is absent or too small to judge: "
            f"{listed(written.without_region)}"
        )
    if written.transparent:
        print(
            f"{count_of(len(written.transparent), 'file')} with transparency, which was dropped, so look at what raters see: "
            f"{listed(written.transparent)}"
        )
    if design.is_limited:
        print(f"{votes // len(design.seconds)} votes on each pair of methods at each of {len(design.seconds)} durations")
    print(f"It takes {votes_needed(0.55)} votes to tell a preference of 55 % from chance in 80 % of studies (see `study power`)")
    questions = num_pictures * len(design.pairs)
    if raters < design.votes_per_pair or raters * min(design.per_rater or questions, questions) < votes * len(design.pairs):
        print(
            f"{count_of(raters, 'rater')} cannot give all of these votes, since nobody is asked twice about a pair; "
            "add some with `study run --add`"
        )
