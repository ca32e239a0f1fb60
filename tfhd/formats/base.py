"""What a format module says about itself, and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from tfhd.formats.tree import Tree
from tfhd.label_sets import LabelSet


class Maps(NamedTuple):
    """The maps of one picture. Without objects and instances, connected regions of countable classes become instances.

    Attributes:
        label: int32 (H, W), raw ids of the label set.
        objects: int64 (H, W), any number for each object and 0 for none; they are numbered anew.
        instance: int32 (H, W), ids 0..65535 that are kept as they are.
    """

    label: np.ndarray
    objects: np.ndarray | None = None
    instance: np.ndarray | None = None


@dataclass(frozen=True)
class Picture:
    """One picture of a data set, of which nothing is decoded yet.

    Attributes:
        name: of its files, without suffix; may have `/`. Of pictures of a split that share it, photos' folders go before it.
        split: train, val or whatever the data calls it; None where the data has no splits.
        photo: its file, or a function that returns uint8 (H, W, 3).
        draw: returns its maps; raises `InputError` where they cannot be read.
    """

    name: str
    split: str | None
    photo: Path | Callable[[], np.ndarray]
    draw: Callable[[], Maps]


@dataclass(frozen=True)
class LeftOut:
    """Something of the data that is not prepared.

    Attributes:
        what: the file, the picture or its part.
        why: in a few words.
        split: of the picture; None where the data has no splits, or where the split is not meant to be prepared.
        group: the reason without what is particular to this one; empty where that is `why`.
        is_picture: whether a picture is lost, rather than a part of one that is prepared.
    """

    what: str
    why: str
    split: str | None = None
    group: str = ""
    is_picture: bool = True


@dataclass(frozen=True)
class Contents:
    """A data set.

    Attributes:
        label_set: its classes.
        pictures: in any order.
        left_out: what is not among them.
    """

    label_set: LabelSet
    pictures: Sequence[Picture]
    left_out: Sequence[LeftOut] = ()


@dataclass(frozen=True)
class Format:
    """How data of one origin is read.

    Attributes:
        name: what the command line calls it.
        reads: one line: the files.
        instances: one line: how instances come about.
        polygons: one line: which pixels a polygon covers; empty where there are none.
        open: lists a data set's pictures; takes the tree and a kind, None for the first kind that the tree has. Raises
            `InputError` where the tree does not hold such data.
        kinds: what `--kind` may be.
        published: pictures of each split that the whole data set has, as the paper counts them.
    """

    name: str
    reads: str
    instances: str
    open: Callable[[Tree, str | None], Contents]
    polygons: str = ""
    kinds: tuple[str, ...] = ()
    published: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
