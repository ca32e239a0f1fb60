"""What `prepare` says at the end: per split, what was written and what was left out by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tfhd.errors import InputError
from tfhd.formats import LeftOut

_LISTED = 10


def require_pictures(source: Path, pictures: Mapping[str, int], left_out: Sequence[LeftOut], out: Path) -> None:
    """Raises `InputError` where there are no pictures, or where all of a split were left out.

    Args:
        source: the data set.
        pictures: how many there are of each split.
        left_out: what is not among them.
        out: the prepared folder.
    """
    lost = [item for item in left_out if item.is_picture]
    if not any(pictures.values()):
        why = f"; the first was left out since: {lost[0].why}" if lost else "; check that annotations and photos are there"
        raise InputError(f"{source}: no picture could be prepared{why}")
    splits = Counter(item.split for item in lost if item.split is not None and not pictures.get(item.split))
    for split, count in sorted(splits.items()):
        first = next(item for item in lost if item.split == split)
        raise InputError(
            f"{source}: all {count} pictures of {split} were left out, the first ({first.what}) since: {first.why}; mend them or "
            f"take {split} out of the source, and prepare it into {out} again"
        )


def print_summary(out: Path, pictures: Mapping[str, int], left_out: Sequence[LeftOut]) -> None:
    """Prints a line for each split, and the first things that were left out."""
    lost = [item for item in left_out if item.is_picture]
    for split in sorted({*pictures, *(item.split or "" for item in lost)}):
        line = f"{split or 'no split'}: {pictures.get(split, 0)} pictures written"
        reasons = _reasons(item for item in lost if (item.split or "") == split)
        print(f"{out}: {line}{', ' if reasons else ''}{reasons}")
    parts = _reasons(item for item in left_out if not item.is_picture)
    if parts:
        print(f"{out}: of these pictures, {parts}")
    for item in left_out[:_LISTED]:
        print(f"left out: {item.what}: {item.why}")
    if len(left_out) > _LISTED:
        print(f"and {len(left_out) - _LISTED} more left out; prepared.json lists all")


def _reasons(items: Iterable[LeftOut]) -> str:
    counts = Counter(item.group or item.why for item in items)
    listed = "; ".join(f"{count}: {reason}" for reason, count in counts.most_common())
    return f"{counts.total()} left out ({listed})" if counts else ""
