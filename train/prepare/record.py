"""`prepared.json`: what a prepared folder was made of, and what is not in it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.formats import LeftOut
from tfhd.label_sets import LabelSet, load_label_set

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


def begin(out: Path, settings: Settings) -> bool:
    """Starts a prepared folder, or goes on with one.

    Returns:
        Whether the folder was complete before, so that its source may have changed since.

    Raises:
        InputError: the folder was made with other settings, or is none.
    """
    path, now = out / _RECORD, json.loads(json.dumps(dataclasses.asdict(settings)))
    if not path.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise InputError(f"{out}: is neither empty nor a prepared folder; choose another folder")
        out.mkdir(parents=True, exist_ok=True)
        _write(path, {"settings": now, "complete": False})
        return False
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        before, was_complete = record["settings"], record["complete"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path}: is no record of a prepared folder; choose another folder, or remove this one") from None
    changed = [key for key in now if before.get(key) != now[key]]
    if changed:
        raise InputError(
            f"{out}: was prepared with {changed[0]} {before.get(changed[0])!r}, now it is {now[changed[0]]!r}; "
            "choose another folder, or remove this one"
        )
    return bool(was_complete)


def abandon(out: Path) -> None:
    """Removes the record of a folder in which nothing was prepared yet, and the folder if it is empty."""
    if not (out / _LABEL_SET).exists():
        (out / _RECORD).unlink(missing_ok=True)
        with suppress(OSError):
            out.rmdir()


def keep_label_set(out: Path, label_set: LabelSet) -> None:
    """Writes the label set; raises `InputError` where the folder has another, by which its maps were written."""
    path = out / _LABEL_SET
    if not path.is_file():
        write_text(path, label_set.to_json(), "label set")
    elif load_label_set(path) != label_set:
        raise InputError(f"{path}: the source has other classes now; prepare it into another folder, or remove this one")


def finish(
    out: Path, settings: Settings, pictures: Mapping[str, int], left_out: Sequence[LeftOut], differences: Sequence[str]
) -> None:
    """Records that all is written."""
    _write(
        out / _RECORD,
        {
            "settings": dataclasses.asdict(settings),
            "complete": True,
            "pictures": dict(pictures),
            "differences": list(differences),
            "left_out": [dataclasses.asdict(item) for item in left_out],
        },
    )


def _write(path: Path, document: Mapping[str, object]) -> None:
    write_text(path, json.dumps(document, indent=2) + "\n", "record")
