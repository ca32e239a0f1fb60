"""`prepared.json`: what a prepared folder was made of, and what is not in it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.formats import LeftOut
from tfhd.label_sets import LabelSet, load_label_set

from .writing import safe_name

_RECORD, _LABEL_SET = "prepared.json", "label_set.json"


@dataclass(frozen=True)
class Settings:
    """What decides how the files look; a folder has one of these.

    Attributes:
        format: of the source.
        source: the path, as given.
        kind: of the format, None for the first that is there.
        width: of all pictures, None for their own.
        height: of all pictures, None for what follows from the width.
        countable: classes that are single objects; empty for those of the format.
        val_share: share of the pictures that go to val where the data has no splits.
    """

    format: str
    source: str
    kind: str | None
    width: int | None
    height: int | None
    countable: tuple[str, ...]
    val_share: float


class Before(NamedTuple):
    """What a folder was when a run began.

    Attributes:
        was_complete: whether the run before ended, so that the source may have changed since.
        photos: paths below the folder, with `/`, of all photos that earlier runs wrote, each beside its maps.
    """

    was_complete: bool
    photos: frozenset[str]


def begin(out: Path, settings: Settings) -> Before:
    """Starts a prepared folder, or goes on with one.

    Raises:
        InputError: the folder was made with other settings, is none, or cannot be made.
    """
    path, now = out / _RECORD, json.loads(json.dumps(dataclasses.asdict(settings)))
    if not path.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise InputError(f"{out}: is neither empty nor a prepared folder; choose another folder")
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{out}: cannot make this folder ({error.strerror}); choose another place") from None
        plan(out, settings, ())
        return Before(False, frozenset())
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        before, was_complete = record["settings"], record["complete"]
        photos = frozenset(record["photos"])
        changed = [key for key in now if before.get(key) != now[key]]
        if not all(map(_is_photo, photos)):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: is no record of a prepared folder; choose another folder, or remove this one") from None
    if changed:
        raise InputError(
            f"{out}: was prepared with {changed[0]} {before.get(changed[0])!r}, now it is {now[changed[0]]!r}; "
            "choose another folder, or remove this one"
        )
    return Before(bool(was_complete), photos)


def plan(out: Path, settings: Settings, photos: Iterable[str]) -> None:
    """Records, before they are written, all photos that the folder may hold from now on."""
    _write(out / _RECORD, {"settings": dataclasses.asdict(settings), "complete": False, "photos": sorted(photos)})


def abandon(out: Path, before: Before) -> None:
    """Removes record and label set of a folder in which nothing was prepared, now or earlier, and the folder if it is empty."""
    if any(os.path.lexists(out / name) for photo in before.photos for name in _files(photo)):
        return
    for name in (_LABEL_SET, _RECORD):
        (out / name).unlink(missing_ok=True)
    with suppress(OSError):
        out.rmdir()


def remove_pictures(out: Path, gone: Iterable[str], kept: Iterable[str]) -> int:
    """Removes pictures that earlier runs wrote, and folders that are empty then.

    Args:
        out: the folder.
        gone: photos, as `Before` has them.
        kept: photos that stay, of which some may share their maps with those.

    Returns:
        How many there were.

    Raises:
        InputError: the disk refused.
    """
    spared = {name for photo in kept for name in _files(photo)}
    count = 0
    for photo in sorted(gone):
        names = [name for name in _files(photo) if name not in spared and os.path.lexists(out / name)]
        for name in names:
            _remove(out, out / name)
        count += bool(names)
    return count


def _remove(out: Path, path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be removed ({error.strerror}), and the source no longer holds it; remove it") from None
    with suppress(OSError):  # until one is not empty
        for folder in path.parents:
            if folder == out:
                break
            folder.rmdir()


def _is_photo(name: object) -> bool:
    return isinstance(name, str) and "_img/" in name and safe_name(name) == name


def _files(photo: str) -> tuple[str, str, str]:
    """A photo, and its maps."""
    split, _, name = photo.partition("_img/")
    stem = os.path.splitext(name)[0]
    return photo, f"{split}_label/{stem}.png", f"{split}_inst/{stem}.png"


def keep_label_set(out: Path, label_set: LabelSet) -> None:
    """Writes the label set; raises `InputError` where the folder has another, by which its maps were written."""
    path = out / _LABEL_SET
    if not path.is_file():
        write_text(path, label_set.to_json(), "label set")
    elif load_label_set(path) != label_set:
        raise InputError(f"{path}: the source has other classes now; prepare it into another folder, or remove this one")


def finish(
    out: Path,
    settings: Settings,
    photos: Iterable[str],
    pictures: Mapping[str, int],
    left_out: Sequence[LeftOut],
    differences: Sequence[str],
) -> None:
    """Records that all is written, and which photos the folder holds."""
    _write(
        out / _RECORD,
        {
            "settings": dataclasses.asdict(settings),
            "complete": True,
            "pictures": dict(pictures),
            "differences": list(differences),
            "photos": sorted(photos),
            "left_out": [dataclasses.asdict(item) for item in left_out],
        },
    )


def _write(path: Path, document: Mapping[str, object]) -> None:
    write_text(path, json.dumps(document, indent=2) + "\n", "record")
