"""Which pictures are written, and under which names: no two of a split share one."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tfhd.formats import Contents, LeftOut, Picture

from .writing import safe_name


@dataclass(frozen=True)
class Chosen:
    """What is to be written.

    Attributes:
        pictures: each with its split; their names differ within a split.
        left_out: what is not among them.
        renamed: names of those that were given their folders' names.
    """

    pictures: list[tuple[str, Picture]]
    left_out: list[LeftOut]
    renamed: list[str]


def choose(contents: Contents, val_share: float) -> Chosen:
    """Gives pictures their splits, and names that tell them apart where several have the same, as tasks that count from 0 do.

    Args:
        contents: the data set.
        val_share: share of the pictures that go to val where the data has no splits.
    """
    groups: dict[tuple[str, str], list[Picture]] = {}
    for picture in sorted(contents.pictures, key=lambda picture: picture.name):
        # By the name's checksum, so that a picture stays in its split when others are added.
        held_out = zlib.crc32(picture.name.encode()) < val_share * 2**32
        split = picture.split or ("val" if held_out else "train")
        groups.setdefault((split, safe_name(picture.name)), []).append(picture)
    chosen = {key: group[0] for key, group in groups.items() if len(group) == 1}
    left_out, renamed = list(contents.left_out), []
    for (split, name), group in groups.items():
        if len(group) == 1:
            continue
        distinct = _of_different_photos(group, split, left_out)
        for new, picture in zip(_names(distinct), distinct, strict=True):
            key = split, safe_name(new)
            if key in chosen:
                why = f"another picture of {split} has this name; rename one"
                left_out.append(LeftOut(picture.name, why, split, "names that others have; rename them"))
                continue
            chosen[key] = replace(picture, name=new)
            if key[1] != name:
                renamed.append(new)
    pictures = _with_own_photos([(split, picture) for (split, _), picture in sorted(chosen.items())], left_out)
    return Chosen(pictures, left_out, sorted(renamed))


def _with_own_photos(pictures: list[tuple[str, Picture]], left_out: list[LeftOut]) -> list[tuple[str, Picture]]:
    """Those whose photo no other has: where a photo was found by its name alone, it may be another picture's."""
    names: dict[object, list[str]] = {}
    for split, picture in pictures:
        names.setdefault(picture.photo, []).append(f"{split}/{picture.name}")
    for split, picture in pictures:
        sharing = names[picture.photo]
        if len(sharing) > 1:
            why = f"{picture.photo} is the photo of {len(sharing)} pictures ({', '.join(sharing[:3])}); give each its own"
            left_out.append(LeftOut(picture.name, why, split, "photos that are those of other pictures too"))
    return [(split, picture) for split, picture in pictures if len(names[picture.photo]) == 1]


def _of_different_photos(group: Sequence[Picture], split: str, left_out: list[LeftOut]) -> list[Picture]:
    found: dict[object, Picture] = {}
    for picture in group:
        if found.setdefault(picture.photo, picture) is not picture:
            why = f"{picture.photo} is annotated more than once, of which the first counts; keep one annotation"
            reason = "further annotations of a photo, of which the first counts; keep one"
            left_out.append(LeftOut(picture.name, why, split, reason, is_picture=False))
    return list(found.values())


def _names(group: Sequence[Picture]) -> list[str]:
    """The pictures' names with those of their photos' folders that differ before them; or with the photos' suffixes."""
    if len(group) == 1 or not all(isinstance(picture.photo, Path) for picture in group):
        return [picture.name for picture in group]
    folders = [picture.photo.parent.parts for picture in group]
    start = _common(folders)
    end = _common([parts[start:][::-1] for parts in folders])
    names = ["/".join((*parts[start : len(parts) - end], picture.name)) for parts, picture in zip(folders, group, strict=True)]
    counts = Counter(map(safe_name, names))
    return [
        name if counts[safe_name(name)] == 1 else name + picture.photo.suffix for name, picture in zip(names, group, strict=True)
    ]


def _common(lists: Sequence[Sequence[str]]) -> int:
    """How many first items all lists share."""
    count = 0
    while all(len(items) > count and items[count] == lists[0][count] for items in lists):
        count += 1
    return count
