"""`tfhd train prepare FORMAT SOURCE OUT`: a folder to train on, out of a data set or annotations as others wrote them."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro
from typing_extensions import Doc

from tfhd.command_line import require_extra
from tfhd.data.inspection.threads import read_in_threads
from tfhd.data.pipeline.transforms import Resize, ScaleWidth, Transform
from tfhd.errors import InputError
from tfhd.formats import FORMATS, LeftOut, Picture

from ..check_data import check_data
from ..label_set import with_countable
from ..progress_bar import progress_bar
from .naming import Chosen, choose
from .record import Before, Settings, abandon, begin, finish, keep_label_set, plan, remove_pictures
from .source import forget_unpacked, open_source
from .summary import print_summary, require_pictures
from .tfds_set import write_set
from .writing import Target

_SIZE_MULTIPLE = 32
"""Heights that follow from a width are multiples of this, as the networks of every preset take."""
_PACKAGES = {"coco": "pycocotools", "nyu": "h5py"}
"""What formats need of the extra `formats`."""

FormatName = Annotated[Literal[tuple(FORMATS)], tyro.conf.arg(metavar="FORMAT"), Doc(f"{', '.join(FORMATS)}; see docs/data.md.")]


def prepare(
    format: tyro.conf.Positional[FormatName],
    source: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="SOURCE")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    kind: str | None = None,
    width: int | None = None,
    height: int | None = None,
    countable: Annotated[tuple[str, ...], tyro.conf.arg(metavar="CLASS ...")] = (),
    val_share: float = 0.0,
    tfds: bool = False,
) -> None:
    """Writes label maps, instance maps, photos and the label set of a data set into a folder, and checks it.

    Called again after it was stopped, it goes on. Pictures that an earlier run wrote and that the source no longer holds are
    removed. Ends with code 1 if the check finds files at fault, and with code 2 if all pictures, or all of a split, are left out.

    Args:
        source: The data set: a folder, a zip or tar file, or a folder of such files.
        out: The folder to write: for --data.root, with label_set.json for --data.label-set.
        kind: Which of a format's annotations: cityscapes fine | coarse | train-ids, ade20k scene | full, coco instances |
            panoptic | stuff, bdd100k panoptic | instances | semantic; by default the first that is there.
        width: Scale all pictures to this width as training does, so that training need not.
        height: With --width: scale to exactly this height; without, pictures keep their shape.
        countable: The classes that come as single objects (cars) rather than as a region (sky), instead of the format's own.
        tfds: Also write a TensorFlow Datasets set, OUT/tfds, to train from with --data.format tfds --data.root OUT/tfds.
        val_share: Share of the pictures (0 to 1) that become held-out ones where the data has no splits.
    """
    settings = Settings(format, str(source), kind, width, height, countable, val_share)
    resize = _check(settings)
    if format in _PACKAGES:
        require_extra("formats", format, [_PACKAGES[format]])
    before = begin(out, settings)
    try:
        contents = FORMATS[format].open(open_source(source, out), kind)
        label_set = with_countable(contents.label_set, countable, source) if countable else contents.label_set
        chosen = choose(contents, val_share)
        require_pictures(source, Counter(split for split, _ in chosen.pictures), chosen.left_out, out)
        keep_label_set(out, label_set)
    except InputError:
        forget_unpacked(out)
        abandon(out, before)
        raise
    target = Target(out, label_set, resize, keeps=not before.was_complete)
    _write(source, target, settings, before, chosen)
    _print_more(out, chosen.renamed, tfds)
    check_data(out, label_set=str(out / "label_set.json"))
    root, label_set_file = shlex.quote(str(out)), shlex.quote(str(out / "label_set.json"))
    if tfds:
        print(f"{write_set(out)}: as a TensorFlow Datasets set")
        root = f"{shlex.quote(str(out / 'tfds'))} --data.format tfds"
    print(f"\ntrain on it with: tfhd train fit PRESET --data.root {root} --data.label-set {label_set_file} --out RUN")


def _check(settings: Settings) -> Transform | None:
    """What resizes the pictures; raises `InputError` where a flag is wrong."""
    kinds, kind, width, height = FORMATS[settings.format].kinds, settings.kind, settings.width, settings.height
    if kind is not None and kind not in kinds:
        expected = f"it is one of {', '.join(kinds)}" if kinds else f"{settings.format} has none; leave it out"
        raise InputError(f"--kind {kind}: {expected}")
    if not 0 <= settings.val_share < 1:
        raise InputError(f"--val-share is {settings.val_share}; it must be at least 0 and less than 1")
    if width is None and height is not None:
        raise InputError(f"--height {height}: give --width too, from which alone the height may follow")
    if any(side is not None and side < 32 for side in (width, height)):
        raise InputError(f"--width {width} --height {height}: each must be at least 32")
    if width is None:
        return None
    return Resize(height, width) if height is not None else ScaleWidth(width, _SIZE_MULTIPLE)


def _write(source: Path, target: Target, settings: Settings, before: Before, chosen: Chosen) -> None:
    """Writes all pictures, removes those of earlier runs that are no more, and records and prints what there is."""
    out, left_out = target.folder, list(chosen.left_out)
    planned = {target.photo(picture, split) for split, picture in chosen.pictures}
    plan(out, settings, before.photos | planned)
    photos, pictures = _write_all(target, chosen.pictures, left_out, f"preparing {source}")
    forget_unpacked(out)
    differences = _differences(FORMATS[settings.format].published, pictures)
    try:
        require_pictures(source, pictures, left_out, out)
    except InputError:
        # What an earlier run wrote stays: it may be all that there is, where a disk is gone.
        remove_pictures(out, planned - before.photos - photos, before.photos | photos)
        if photos:
            print_summary(out, pictures, left_out)
        if photos or before.photos:
            finish(out, settings, before.photos | photos, pictures, left_out, differences)
        if not photos:
            abandon(out, before)
        raise
    removed = remove_pictures(out, (before.photos | planned) - photos, photos)
    finish(out, settings, photos, pictures, left_out, differences)
    print_summary(out, pictures, left_out)
    if not pictures["train"]:
        print(
            "note: no pictures of train, which `fit` needs; add them, or rename the files or folders that say which split "
            "they are: pictures of none are train, and --val-share 0.1 holds a tenth of them out"
        )
    if removed:
        print(f"{out}: {removed} pictures of an earlier run removed, which the source no longer holds or which are left out now")
    for line in differences:
        print(f"note: {line}")


def _write_all(
    target: Target, chosen: Sequence[tuple[str, Picture]], left_out: list[LeftOut], description: str
) -> tuple[set[str], Counter[str]]:
    """Writes pictures and returns their photos, and how many of each split; adds those that cannot be read to `left_out`."""

    def write(item: tuple[str, Picture]) -> str | None:
        split, picture = item
        try:
            target.write(picture, split)
        except InputError as error:
            if os.statvfs(target.folder).f_bavail == 0:
                raise
            return str(error)
        return None

    photos: set[str] = set()
    pictures: Counter[str] = Counter()
    with progress_bar(description) as show:
        for done, ((split, picture), why) in enumerate(zip(chosen, read_in_threads(write, chosen), strict=True), start=1):
            if why is None:
                photos.add(target.photo(picture, split))
                pictures[split] += 1
            else:
                left_out.append(LeftOut(picture.name, why, split, "files that cannot be read, or do not fit each other"))
            show(done, len(chosen))
    return photos, pictures


def _differences(published: Mapping[str, int], pictures: Mapping[str, int]) -> list[str]:
    return [
        f"{split}: {pictures.get(split, 0)} pictures, where the paper has {count}"
        for split, count in published.items()
        if pictures.get(split, 0) != count
    ]


def _print_more(out: Path, renamed: Sequence[str], tfds: bool) -> None:
    if renamed:
        print(f"note: {len(renamed)} pictures share their names with others; their folders tell them apart (first: {renamed[0]})")
    if not tfds and os.path.isdir(out / "tfds"):
        print(f"note: {out / 'tfds'} is of an earlier run and stays as it was; run again with --tfds, or remove it")
