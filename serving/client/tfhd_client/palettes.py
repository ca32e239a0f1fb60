"""What the indices of a palette stand for in a label map."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np

from .label_classes import LabelClasses, color_codes

_ENOUGH = 8
"""Entries that make a known colour map certain."""


class Meaning(Enum):
    """What is to be read of a palette picture."""

    INDICES = auto()
    GRAYS = auto()
    COLORS = auto()
    UNCLEAR = auto()


def meaning_of(palette: np.ndarray, used: np.ndarray, classes: LabelClasses) -> Meaning:
    """Decides how a label map with a palette is to be read.

    Args:
        palette: uint8 `(entries, 4)`, red, green, blue and opacity.
        used: int `(n,)`, the indices that occur, ascending.
        classes: of the label set.

    Returns:
        `COLORS` also where a used colour has no class or several, which then is an error of the file.
    """
    codes = color_codes(palette[:, :3])
    colors, grays = codes[used], palette[used, 0].astype(np.int32)
    if (classes.color_of_id[used] == colors).all():
        return Meaning.INDICES
    if len(np.unique(colors)) < len(used):
        clear = classes.are_ids(used) and not _is_contradicted(codes, used, classes)
        return Meaning.INDICES if clear else Meaning.UNCLEAR
    if _is_filled(codes, used, classes):
        return Meaning.INDICES
    if (colors == grays * 0x010101).all():
        return _meaning_of_grays(codes, used, grays, classes)
    known = np.array([code in classes.classes_of_color for code in colors.tolist()])
    colored = colors != grays * 0x010101
    if known.all():
        clear = not classes.are_ids(used) or not _has_foreign(codes, classes)
        return Meaning.COLORS if clear else Meaning.UNCLEAR
    if _is_voc(codes):
        return Meaning.INDICES
    elsewhere = known & (classes.color_of_id[used] != colors)
    # Grays prove nothing: black and white are in every palette.
    mostly = np.count_nonzero(elsewhere & colored) * 2 > np.count_nonzero(colored)
    if mostly:
        return Meaning.COLORS
    # A palette of one entry was adapted to its picture, whose index therefore is 0 whatever it shows; and where black is the
    # colour of id 0, it is not the least of the others that an editor put first.
    moved = ((colors == 0) & elsewhere & (_count(codes)[used] == 1)).any()
    return Meaning.UNCLEAR if moved or not codes[1:].any() else Meaning.INDICES


def _count(codes: np.ndarray) -> np.ndarray:
    """How many entries of a palette have the colour of each entry."""
    _, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    return counts[place]


def _is_contradicted(codes: np.ndarray, entries: np.ndarray, classes: LabelClasses) -> bool:
    """Whether the colours of some entries say other ids than their indices; grays of several entries, which fill it, say none."""
    colors = codes[entries]
    grays = colors & 255
    is_gray = colors == grays * 0x010101
    known = np.array([code in classes.classes_of_color for code in colors.tolist()])
    means_another = known | (is_gray & classes.is_id[grays] & (grays != entries))
    fills = is_gray & (_count(codes)[entries] > 1)
    return bool(((classes.color_of_id[entries] != colors) & means_another & ~fills).any())


def _is_filled(codes: np.ndarray, used: np.ndarray, classes: LabelClasses) -> bool:
    """Whether a used index lies where a palette of the label set's own colours, each at its id, was filled with a gray."""
    grays = codes & 255
    is_gray, own = codes == grays * 0x010101, classes.color_of_id[: len(codes)] == codes
    fills = is_gray & (_count(codes) > 1) & ~own
    if not fills[used].any() or not (own & ~is_gray).any() or not classes.are_ids(used):
        return False
    return not _is_contradicted(codes, np.arange(len(codes)), classes)


def _meaning_of_grays(codes: np.ndarray, used: np.ndarray, grays: np.ndarray, classes: LabelClasses) -> Meaning:
    """Of a picture whose used colours are gray."""
    by_color = all(code in classes.classes_of_color for code in codes[used].tolist())
    if by_color and _is_own(codes, classes):
        return Meaning.COLORS
    if _is_voc(codes):
        return Meaning.INDICES
    compact = _is_compact(codes, used)
    if (grays == used).all():
        clash = compact and by_color and classes.are_ids(used)
        return Meaning.UNCLEAR if clash else Meaning.INDICES
    fitting = {
        meaning
        for meaning, fits in (
            (Meaning.GRAYS, classes.are_ids(grays)),
            (Meaning.INDICES, classes.are_ids(used)),
            (Meaning.COLORS, by_color),
        )
        if fits
    }
    if fitting == {Meaning.GRAYS, Meaning.INDICES} and compact:
        return Meaning.GRAYS
    if fitting == {Meaning.COLORS, Meaning.INDICES} and not _has_foreign(codes, classes):
        return Meaning.COLORS
    if len(fitting) > 1 or (fitting <= {Meaning.INDICES} and not _is_ascending(codes, used, grays)):
        return Meaning.UNCLEAR
    return next(iter(fitting), Meaning.INDICES)


def _is_ascending(codes: np.ndarray, used: np.ndarray, grays: np.ndarray) -> bool:
    """Whether grays grow with their indices, as in palettes that show ids; programs that make files smaller reorder them.

    A palette of one entry is no sign of either.
    """
    length = max(used[-1], *np.flatnonzero(codes), 0) + 1
    # One black entry at the end is one of the colours, more of them fill the palette.
    whole = codes if length + 1 == len(codes) else codes[:length]
    shown = whole & 255 if (whole == (whole & 255) * 0x010101).all() else grays
    return len(whole) > 1 and bool((np.diff(shown) >= 0).all())


def _is_compact(codes: np.ndarray, used: np.ndarray) -> bool:
    """Whether a palette holds the used entries alone, and behind them, at most, the black that some formats fill it with."""
    return bool((used == np.arange(len(used))).all() and not codes[len(used) :].any())


def _is_own(codes: np.ndarray, classes: LabelClasses) -> bool:
    """Whether a palette consists of the label set's colours, at least one of which is not gray."""
    colored = codes != (codes & 255) * 0x010101
    return bool(colored.any()) and not _has_foreign(codes, classes)


def _has_foreign(codes: np.ndarray, classes: LabelClasses) -> bool:
    """Whether a palette has colours of no class; black, which fills palettes, is none."""
    return any(code and code not in classes.classes_of_color for code in np.unique(codes).tolist())


def _is_voc(codes: np.ndarray) -> bool:
    """Whether a palette is the colour map of Pascal VOC, which many tools give maps of indices, whatever their classes."""
    return len(codes) >= _ENOUGH and bool((codes == _VOC[: len(codes)]).all())


def _voc_codes() -> np.ndarray:
    indices = np.arange(256)
    channels = [sum((indices >> (3 * bit + channel) & 1) << (7 - bit) for bit in range(3)) for channel in range(3)]
    return color_codes(np.stack(channels, axis=-1))


_VOC = _voc_codes()
