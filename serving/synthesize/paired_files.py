"""Which files belong to one picture: those that were named, or those of the same name in folders."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

from tfhd.errors import InputError
from tfhd.pictures import ARRAY_SUFFIX, OUTPUT_SUFFIXES, PICTURE_SUFFIXES, check_output, find_pictures, list_paths


@dataclass(frozen=True)
class PaintJob:
    """The files of a picture to paint, or folders with the files of many; `out` is written, the others are read.

    `is_picture` says whether `label` is a picture, to be turned into another, and no label map.
    """

    label: Path
    out: Path
    instance: Path | None = None
    styles_of: Path | None = None
    styles_instance: Path | None = None
    is_picture: bool = False

    @property
    def noun(self) -> str:
        """What `label` is, which is also its flag."""
        return "picture" if self.is_picture else "label"

    @property
    def words(self) -> str:
        """What `label` is, for messages."""
        return "picture" if self.is_picture else "label map"

    def partners(self) -> dict[str, Path]:
        """Returns the inputs besides the label map that were given, by field name."""
        paths = {name: getattr(self, name) for name in ("instance", "styles_of", "styles_instance")}
        return {name: path for name, path in paths.items() if path is not None}


def find_jobs(given: PaintJob) -> list[PaintJob]:
    """Splits a job of folders into one for every label map, sorted by name; a job of files stays as it is.

    Files of the same name, whatever their suffix, belong together, and their picture is NAME.png in the output folder. Files
    without a label map are ignored. Nothing is read or written yet.

    Args:
        given: a job of folders if its label is a folder, of files otherwise.

    Raises:
        InputError: no label map exists, one lacks a partner, two files share a name, folders and files are mixed, or the output
            cannot be written or would replace an input.
    """
    if not os.path.exists(given.label):
        raise InputError(f"{given.label}: no such file or folder; name a {given.words}, or a folder of them, with --{given.noun}")
    for path in (given.label, *given.partners().values()):
        if os.path.realpath(path) == os.path.realpath(given.out):
            raise InputError(f"{given.out}: is read from, so it is not written to; choose another place for the output")
    if not os.path.isdir(given.label):
        check_output(given.out)
        return [given]
    looks_like_a_file = os.path.isfile(given.out) or given.out.suffix.lower() in OUTPUT_SUFFIXES
    if looks_like_a_file and not os.path.isdir(given.out):
        raise InputError(
            f"{given.out}: names a file, but --{given.noun} {given.label} is a folder; name a folder for the output too"
        )
    labels = _pictures(given.label, given.noun, given)
    if not labels:
        raise InputError(f"{given.label}: holds no picture; name a folder of {given.words}s with --{given.noun}")
    found = {name: _partners(labels, folder, name, given) for name, folder in given.partners().items()}
    return [
        dataclasses.replace(
            given, label=path, out=given.out / f"{name}.png", **{kind: files[name] for kind, files in found.items()}
        )
        for name, path in labels.items()
    ]


def _partners(labels: dict[str, Path], folder: Path, kind: str, given: PaintJob) -> dict[str, Path]:
    files = _pictures(folder, kind, given)
    lonely = [path for name, path in labels.items() if name not in files]
    if lonely:
        count = f"{len(lonely)} {given.words}s have" if len(lonely) > 1 else f"1 {given.words} has"
        raise InputError(
            f"{count} no file of the same name in {_flag(kind)} {folder}: {list_paths(lonely)}; "
            "add the missing files or remove these"
        )
    return files


def _pictures(folder: Path, kind: str, given: PaintJob) -> dict[str, Path]:
    """The picture files of a folder by name without suffix, sorted; hidden files are none."""
    try:
        found = find_pictures(folder, suffixes=PICTURE_SUFFIXES | ({ARRAY_SUFFIX} if kind == "picture" else set()))
    except NotADirectoryError:
        raise InputError(f"{folder}: is a file, but --{given.noun} is a folder; give {_flag(kind)} a folder too") from None
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); give {_flag(kind)} a folder of pictures") from None
    if found.duplicates:
        raise InputError(found.duplicates[0][1])
    return found.by_name


def _flag(kind: str) -> str:
    return "--" + kind.replace("_", "-")
