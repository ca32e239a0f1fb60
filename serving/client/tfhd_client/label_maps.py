"""Reads label maps, whose palettes and colours mean what the label set says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PIL import Image

from .errors import InputError
from .label_classes import Color, LabelClasses, color_codes, color_of_code
from .map_pixels import MapPixels, gray_bits, is_gray, is_white_zero, read_pixels, require_exact
from .palettes import Meaning, meaning_of
from .pictures import File, name_of, with_picture

_LISTED = 5
"""Unknown colours that a message names."""


@dataclass(frozen=True)
class LabelMap:
    """A label map, and what its file gives the ids as, which is the same in all files of a data set.

    Attributes:
        ids: int32 `(height, width)`, values 0..65535.
        given_as: "numbers" where the file is gray, "colors" where its colours count; "either" where both give these ids, or a
            palette's indices count.
        palette: the colour of each used index where the indices of a palette count; empty for other files.
    """

    ids: np.ndarray
    given_as: Literal["numbers", "colors", "either"] = "numbers"
    palette: dict[int, Color] = field(default_factory=dict)


def read_labels(file: File, classes: LabelClasses) -> np.ndarray:
    """Reads a label map as raw ids, whichever way it stores them, where the label set leaves no doubt which way that is.

    - Gray of 8 bits or more: the numbers are ids, unless several of them are all colours of other classes, too. Of 1, 2 or 4
      bits, or growing from white to black: the numbers as stored, or spread over 0..255 as shown, whichever are ids of the label
      set, unless the label set has the grays that are shown as colours of other classes.
    - A palette: the indices are ids, unless it has the label set's colours under other indices (then the colours count), or
      grays that a program made of gray values (then these count).
    - Colours, in a lossless file: exactly those of the label set; or gray values that are ids.

    Args:
        file: path or bytes.
        classes: of the label set.

    Returns:
        int32 `(height, width)`, values 0..65535; of gray files and indices also ids that no class lists.

    Raises:
        InputError: the file cannot be read, may hold other ids than were meant (lossy, turned, transparent, several pages), has a
            colour that no class or more than one has, or can be read in two ways.
    """
    return read_label_map(file, classes).ids


def read_label_map(file: File, classes: LabelClasses) -> LabelMap:
    """Reads a label map as `read_labels` does, and says what its file gives the ids as; raises the same errors."""
    return with_picture(file, lambda image: _label_map(image, file, classes))


def needs_label_set(file: File) -> bool:
    """Whether it takes a label set to tell what a label map's numbers or colours mean; False where `read_ids` is as good.

    Raises:
        InputError: the file's header cannot be read, or tells that the file may hold other ids than were meant.
    """

    def read(image: Image.Image) -> bool:
        require_exact(image, file)
        # Of 8 bits, gray values may be colours of the label set as well.
        return not is_gray(image) or gray_bits(image) <= 8 or is_white_zero(image)

    return with_picture(file, read)


def _label_map(image: Image.Image, file: File, classes: LabelClasses) -> LabelMap:
    pixels = read_pixels(image, file)
    if pixels.colors is not None:
        return _map_of_colors(pixels.colors, file, classes)
    if pixels.palette is not None:
        return _map_of_palette(pixels, file, classes)
    counts = np.bincount(pixels.values.ravel())
    used = np.flatnonzero(counts)
    if pixels.bits < 8 or pixels.white_is_zero:
        return _map_of_packed(pixels, used, file, classes)
    return LabelMap(pixels.values, _given_as(used, used, pixels.bits == 8 and len(used) > 1, file, classes))


def _given_as(ids: np.ndarray, grays: np.ndarray, may_be_colors: bool, file: File, classes: LabelClasses) -> str:
    """What a gray file gives its ids as; raises `InputError` where its grays may be, and are, colours of other classes.

    Args:
        ids: int `(n,)`, 0..65535, distinct.
        grays: int `(n,)`, how they are shown; above 255 they are no colours.
        may_be_colors: whether to raise.
        file: for messages.
        classes: of the label set.
    """
    codes = np.where(grays < 256, grays * 0x010101, -1)
    agree = classes.color_of_id[ids] == codes
    if agree.all():
        return "either"
    if may_be_colors and classes.are_ids(ids) and all(code in classes.classes_of_color for code in codes.tolist()):
        raise _grays_are_colors(grays, file, classes)
    return "numbers"


def _grays_are_colors(grays: np.ndarray, file: File, classes: LabelClasses) -> InputError:
    return InputError(
        f"{name_of(file)}: holds grays alone ({_list(grays)}), which are both ids and colours of other classes of the label "
        f"set {classes.name!r}; give these classes colours that are not gray, and save one id per pixel, as a gray PNG of 8 bits"
    )


def _map_of_packed(pixels: MapPixels, used: np.ndarray, file: File, classes: LabelClasses) -> LabelMap:
    highest = 2**pixels.bits - 1
    stored = np.arange(highest + 1, dtype=np.int32)
    shown = highest - stored if pixels.white_is_zero else stored
    grays = shown * 255 // highest
    readings = {"as stored": stored, "as shown": shown}
    if pixels.bits < 8:
        readings["spread over 0..255"] = grays
    fitting = {tuple(table[used].tolist()): table for table in readings.values() if classes.are_ids(table[used])}
    if len(fitting) == 1:
        table = next(iter(fitting.values()))
        all_known = all(code in classes.classes_of_color for code in (grays * 0x010101).tolist())
        may_be_colors = len(used) > 1 or all_known
        return LabelMap(table[pixels.values], _given_as(table[used], grays[used], may_be_colors, file, classes))
    listed = "; ".join(f"{how}: {_list(table[used])}" for how, table in readings.items())
    ids = "several of these are ids" if fitting else "none of these are ids"
    raise InputError(
        f"{name_of(file)}: is a gray file of {pixels.bits} bits{' (0 is white)' * pixels.white_is_zero}, and {ids} of the label "
        f"set {classes.name!r} ({listed}); save the map as gray of 8 bits"
    )


def _map_of_palette(pixels: MapPixels, file: File, classes: LabelClasses) -> LabelMap:
    counts = np.bincount(pixels.values.ravel())
    used = np.flatnonzero(counts)
    if used[-1] >= len(pixels.palette):
        raise InputError(
            f"{name_of(file)}: uses index {used[-1]}, but its palette ends at {len(pixels.palette) - 1}; write the file anew"
        )
    meaning = meaning_of(pixels.palette, used, classes)
    colors = dict(zip(used.tolist(), map(tuple, pixels.palette[used, :3].tolist()), strict=True))
    if meaning is Meaning.INDICES:
        return LabelMap(pixels.values, "either", colors)
    if meaning is Meaning.UNCLEAR:
        shared = " (some indices have one colour)" if len(set(colors.values())) < len(colors) else ""
        raise InputError(
            f"{name_of(file)}: it is unclear whether the indices of its palette ({_list(used)}) or its colours "
            f"({_list(colors.values())}) are meant{shared} for classes of the label set {classes.name!r}; "
            "save one id per pixel, as a gray PNG"
        )
    if (pixels.palette[used, 3] < 255).any():
        raise InputError(
            f"{name_of(file)}: the colours of its palette are meant, but some are transparent; save it without transparency"
        )
    if meaning is Meaning.GRAYS:
        return LabelMap(pixels.palette[:, 0].astype(np.int32)[pixels.values])
    table = np.zeros(len(pixels.palette), np.int32)
    table[used] = _ids_of_colors(color_codes(pixels.palette[used, :3]), counts[used], file, classes)
    return LabelMap(table[pixels.values], "colors")


def _map_of_colors(colors: np.ndarray, file: File, classes: LabelClasses) -> LabelMap:
    pixels = color_codes(colors).ravel()
    # Neighbours mostly share their colour, so there are far fewer runs than pixels to sort.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(pixels)) + 1])
    lengths = np.diff(np.append(starts, pixels.size))
    codes, color_of_run = np.unique(pixels[starts], return_inverse=True)
    ids, given_as = _ids_of_distinct(codes, np.bincount(color_of_run, weights=lengths).astype(int), file, classes)
    return LabelMap(np.repeat(ids[color_of_run], lengths).reshape(colors.shape[:2]), given_as)


def _ids_of_distinct(codes: np.ndarray, counts: np.ndarray, file: File, classes: LabelClasses) -> tuple[np.ndarray, str]:
    """The raw id of each colour of a picture, and what gives it: the gray value where all are gray and ids, else the colour."""
    grays = codes & 255
    if not (codes == grays * 0x010101).all() or not classes.are_ids(grays):
        return _ids_of_colors(codes, counts, file, classes), "colors"
    return grays.astype(np.int32), _given_as(grays, grays, True, file, classes)


def _ids_of_colors(codes: np.ndarray, counts: np.ndarray, file: File, classes: LabelClasses) -> np.ndarray:
    owners = [classes.classes_of_color.get(code, []) for code in codes.tolist()]
    order = np.argsort(-counts, kind="stable")
    unknown = [place for place in order if not owners[place]]
    if unknown:
        more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
        listed = ", ".join(_describe(codes[place], counts[place]) for place in unknown[:_LISTED])
        remedy = "correct the file (no smoothing, no resizing but nearest), or give the label set these colours"
        swapped = [(code & 255) << 16 | code & 0xFF00 | code >> 16 for code in codes.tolist()]
        if all(code in classes.classes_of_color for code in swapped):
            remedy = "all are known with red and blue exchanged (BGR, as OpenCV has them): save the file with its channels as RGB"
        raise InputError(f"{name_of(file)}: colours outside the label set {classes.name!r}: {listed}{more}; {remedy}")
    for place in order:
        if len(owners[place]) > 1:
            names = ", ".join(repr(classes.names[index]) for index in owners[place])
            raise InputError(
                f"{name_of(file)}: colour {_describe(codes[place], counts[place])} stands for several classes of the label set "
                f"{classes.name!r}: {names}; give each class a colour of its own, or save one id per pixel, as a gray PNG"
            )
    return np.array([classes.ids[indices[0]][0] for indices in owners], np.int32)


def _describe(code: int, pixels: int) -> str:
    return f"{color_of_code(int(code))} ({pixels} pixels)"


def _list(values: Iterable[object]) -> str:
    texts = [str(value) for value in values]
    return ", ".join(texts[:_LISTED]) + (", ..." if len(texts) > _LISTED else "")
