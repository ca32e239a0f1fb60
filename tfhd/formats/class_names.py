"""Label sets of classes that a data set names: names join classes, never positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets import MAX_ID, LabelClass, LabelSet, distinct_color

BACKGROUND = "background"


def numbered_classes(
    name: str,
    names: Iterable[str],
    *,
    colors: Mapping[str, tuple[int, int, int]] | None = None,
    countable: Iterable[str] | None = None,
) -> LabelSet:
    """A label set of names: `background` is 0, the others follow in the alphabet's order, from 1.

    Args:
        name: of the label set.
        names: of the classes, in any order, repeated or not.
        colors: of some or all classes; others get different ones.
        countable: classes that are single objects; by default all but the background.

    Raises:
        InputError: there are more classes than ids.
    """
    ordered = [BACKGROUND, *sorted(set(names) - {BACKGROUND})]
    return classes_with_ids(name, {index: item for index, item in enumerate(ordered)}, colors=colors, countable=countable)


def classes_with_ids(
    name: str,
    names: Mapping[int, str],
    *,
    colors: Mapping[str, tuple[int, int, int]] | None = None,
    countable: Iterable[str] | None = None,
) -> LabelSet:
    """A label set whose ids are known; ids that share a name are one class.

    Args:
        name: of the label set.
        names: by id.
        colors: as `numbered_classes` takes them.
        countable: as `numbered_classes` takes them.

    Raises:
        InputError: an id is not within 0..65535.
    """
    ids: dict[str, list[int]] = {}
    for value, item in sorted(names.items()):
        if not 0 <= value <= MAX_ID:
            raise InputError(f"label set {name!r}: class {item!r} has the id {value}; ids are within 0..{MAX_ID}")
        ids.setdefault(item, []).append(value)
    objects = set(ids) - {BACKGROUND} if countable is None else set(countable)
    return LabelSet(
        name,
        tuple(
            LabelClass(item, tuple(values), (colors or {}).get(item) or distinct_color(values[0]), item in objects)
            for item, values in ids.items()
        ),
    )


def ids_by_name(label_set: LabelSet) -> dict[str, int]:
    """The first id of each class."""
    return {item.name: item.ids[0] for item in label_set.classes}


def renumbering(numbers: Mapping[int, str], label_set: LabelSet) -> np.ndarray:
    """A table from a file's own class numbers to the label set's ids, by name: int32 (65536,), -1 where a number has no name."""
    table, ids = np.full(MAX_ID + 1, -1, np.int32), ids_by_name(label_set)
    for number, name in numbers.items():
        table[number] = ids[name]
    return table


def agreeing(lists: Sequence[Mapping[int, str]]) -> dict[int, str] | None:
    """All numbers and names of several lists where no two contradict each other, else None."""
    joined: dict[int, str] = {}
    for names in lists:
        for number, name in names.items():
            if joined.setdefault(number, name) != name:
                return None
    owners: dict[str, int] = {}
    return joined if all(owners.setdefault(name, number) == number for number, name in joined.items()) else None
