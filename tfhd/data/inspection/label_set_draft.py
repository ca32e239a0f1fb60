"""Drafts a label set from what the label maps of a data set hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from tfhd.config import DataConfig
from tfhd.data.inspection.threads import read_in_threads
from tfhd.errors import InputError
from tfhd.label_sets import MAX_ID, LabelClass, LabelSet, distinct_color
from tfhd_client import read_ids

Color = tuple[int, int, int]

_MOST_COLORS = 1000
"""Maps in more colours than this are photos, or were smoothed or compressed."""


@dataclass(frozen=True)
class MapContents:
    """What a label map holds.

    Attributes:
        path: the file.
        ids: pixels of each id; empty for a map in colours.
        colors: pixels of each colour; empty for a map of ids.
        color_of_id: of a palette picture that has other colours than grays.
    """

    path: Path
    ids: dict[int, int] = field(default_factory=dict)
    colors: dict[Color, int] = field(default_factory=dict)
    color_of_id: dict[int, Color] = field(default_factory=dict)

    @property
    def is_gray(self) -> bool:
        """Whether the colours of a map in colours are grays alone."""
        return bool(self.colors) and all(red == green == blue for red, green, blue in self.colors)


def draft_label_set(
    config: DataConfig, splits: Sequence[str], name: str, progress: Callable[[int, int], None] | None = None
) -> LabelSet:
    """Reads all label maps, and makes each id, or each colour where the maps are in colours, a class; none is countable yet.

    Args:
        config: its `format` and `root` say what to read.
        splits: names of the splits.
        name: of the label set.
        progress: called after each label map with the number of those read and of all.

    Raises:
        InputError: the format has no files, a folder or a file cannot be read, some maps hold ids and others colours, or there
            are more colours than classes.
    """
    paths = [example.label for split in splits for example in config.open_files(split).pair().examples]
    if not paths:
        raise InputError(f"{config.root}: holds no label map with a photo of the same name, so there is nothing to draft from")
    found = []
    for done, contents in enumerate(read_in_threads(read_contents, paths), start=1):
        found.append(contents)
        if progress is not None:
            progress(done, len(paths))
    found = _with_one_meaning(found)
    by_ids, by_colors = ([item for item in found if kind(item)] for kind in (lambda item: item.ids, lambda item: item.colors))
    if by_ids and by_colors:
        raise InputError(
            f"{by_ids[0].path} holds ids but {by_colors[0].path} colours; save all label maps in one way, or give those of each "
            "kind a data folder of their own"
        )
    return LabelSet(name, tuple(_classes_of_colors(by_colors) if by_colors else _classes_of_ids(by_ids)))


def read_contents(path: Path) -> MapContents:
    """Counts the ids or colours of a label map; raises `InputError` where it can be read as neither."""
    pixels, palette = None, None
    # `read_ids` says what is wrong.
    with suppress(OSError, SyntaxError, ValueError, Image.DecompressionBombError), Image.open(path) as image:
        palette = image.getpalette("RGB") if image.mode == "P" else None
        pixels = np.asarray(image.convert("RGB")) if image.mode in ("RGB", "RGBA") else None
    if pixels is not None:
        return MapContents(path, colors=_count_colors(pixels, path))
    counts = np.bincount(read_ids(path).ravel())
    ids = {value: int(counts[value]) for value in np.flatnonzero(counts).tolist()}
    entries = [tuple(palette[start : start + 3]) for start in range(0, len(palette), 3)] if palette else []
    if all(len(set(entry)) == 1 for entry in entries):  # whose ids are no indices
        return MapContents(path, ids)
    return MapContents(path, ids, color_of_id={value: entries[value] for value in ids if value < len(entries)})


def _with_one_meaning(found: Sequence[MapContents]) -> list[MapContents]:
    """Takes grays for ids where no map has other colours, and palettes for colours where they number these anew in every file."""
    if all(item.is_gray for item in found if item.colors):
        found = [MapContents(item.path, {color[0]: count for color, count in item.colors.items()} or item.ids,
                             color_of_id=item.color_of_id) for item in found]  # fmt: skip
    first: dict[int, Color] = {}
    if all(first.setdefault(value, color) == color for item in found for value, color in item.color_of_id.items()):
        return list(found)
    return [_in_colors(item) if item.color_of_id else item for item in found]


def _in_colors(item: MapContents) -> MapContents:
    colors = {item.color_of_id[value]: count for value, count in item.ids.items() if value in item.color_of_id}
    if len(colors) < len(item.ids):
        raise InputError(
            f"{item.path}: several ids of its palette have one colour, and other files have other colours for these ids, so "
            "neither says the class; save all label maps with one palette, or as gray PNG of ids"
        )
    return MapContents(item.path, colors=colors)


def _count_colors(pixels: np.ndarray, path: Path) -> dict[Color, int]:
    codes, counts = np.unique(pixels.astype(np.int32) @ (1 << 16, 1 << 8, 1), return_counts=True)
    if len(codes) > _MOST_COLORS:
        raise InputError(
            f"{path}: holds {len(codes)} colours, too many for classes; give maps that were not smoothed, resized or made JPEG"
        )
    return {(code >> 16, code >> 8 & 255, code & 255): count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)}


def _classes_of_ids(maps: Iterable[MapContents]) -> list[LabelClass]:
    ids, colors = Counter(), {}
    for contents in maps:
        ids.update(contents.ids)
        for value, color in contents.color_of_id.items():
            # What fills a palette is the colour of several ids.
            if color not in colors.values():
                colors.setdefault(value, color)
    taken = set(colors.values())
    unused = (color for color in map(distinct_color, range(1, MAX_ID)) if color not in taken)
    return [LabelClass(f"class {value}", (value,), colors.get(value) or next(unused), False) for value in sorted(ids)]


def _classes_of_colors(maps: Iterable[MapContents]) -> list[LabelClass]:
    colors = Counter()
    for contents in maps:
        colors.update(contents.colors)
    if len(colors) > _MOST_COLORS:
        raise InputError(
            f"the label maps hold {len(colors)} colours together, too many for classes; see that they are label maps"
        )
    return [
        LabelClass("colour {} {} {}".format(*color), (index,), color, False)
        for index, (color, _) in enumerate(colors.most_common())
    ]
