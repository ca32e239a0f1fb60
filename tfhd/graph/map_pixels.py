"""Pixels of PNG maps inside a graph: what `tfhd_client` reads of the same file, or why the file is refused."""

from __future__ import annotations

import zlib

import tensorflow as tf

from tfhd.graph.color_table import GRAY, ColorTable

Read = tuple[tf.Tensor, tf.Tensor]
"""Ids, int32 `(height, width, 1)`, and what is wrong with the file: a string scalar, empty if nothing is."""

_FIRST_CHUNK, _COLOUR_TYPE, _HEADER_SUM, _HEADER_END = 8, 25, 29, 33
_PALETTE_UNCLEAR = " has a palette of which it is unclear whether indices or colours are meant"
_UNCLEAR = " could be read in two ways: its numbers and its colours are different classes of the label set"


def read_gray(file: tf.Tensor, depth: tf.Tensor, table: ColorTable | None) -> Read:
    """Reads a gray PNG as stored; a label map of 1, 2 or 4 bits as stored or spread over 0..255, whichever are ids.

    Refuses label maps of up to 8 bits whose grays may be colours of other classes.

    TensorFlow's decoder converts pixels to the requested type: it multiplies 8-bit values by 257 to make 16 bits, and drops the
    low byte of 16-bit values to make 8. Therefore everything is decoded as 16 bits and scaled back by the file's bit depth.
    """
    highest = tf.bitwise.left_shift(1, depth) - 1
    stored = tf.cast(tf.io.decode_png(file, channels=1, dtype=tf.uint16), tf.int32) // (65535 // highest)
    if table is None:
        return stored, tf.constant("")

    def packed() -> Read:
        spread = stored * (255 // highest)
        fits, spread_fits = table.are_ids(stored), table.are_ids(spread)
        both, neither = fits & spread_fits & tf.reduce_any(stored != spread), ~fits & ~spread_fits
        message = " holds gray of few bits of which both or neither of stored values and values over 0..255 are ids"
        ids, shown = tf.where(fits, stored, spread), spread * GRAY
        are_colors = table.are_known(tf.range(highest + 1) * (255 // highest) * GRAY) | _has_several(stored)
        clash = are_colors & table.are_known(shown) & tf.reduce_any(table.color_of_id(ids) != shown)
        return ids, tf.where(both | neither, message, tf.where(clash, _UNCLEAR, ""))

    def plain() -> Read:
        shown = stored * GRAY
        clash = table.are_ids(stored) & table.are_known(shown) & tf.reduce_any(table.color_of_id(stored) != shown)
        return stored, tf.where((depth == 8) & _has_several(stored) & clash, _UNCLEAR, "")

    return tf.cond(depth < 8, packed, plain)


def _has_several(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_min(values) < tf.reduce_max(values)


def read_colors(file: tf.Tensor, depth: tf.Tensor, table: ColorTable | None) -> Read:
    """Reads a PNG of colours, or of gray with alpha: a label map by the label set's colours, gray ones by their values."""
    pixels = tf.cast(tf.io.decode_png(file, channels=4), tf.int32)
    colors, gray = _join_channels(pixels), pixels[..., :1]
    is_gray = tf.reduce_all(colors == gray * GRAY)
    if table is None:
        ids, error = gray, tf.where(is_gray, "", " is a picture of colours")
    else:
        by_color, color_error = table.ids_of_colors(colors)
        by_value = is_gray & table.are_ids(gray)
        clash = table.are_known(colors) & tf.reduce_any(table.color_of_id(gray) != colors)
        ids = tf.where(by_value, gray, by_color)
        error = tf.where(by_value, tf.where(clash, _UNCLEAR, ""), color_error)
    error = tf.where(tf.reduce_all(pixels[..., 3] == 255), error, " has transparent pixels")
    return ids, tf.where(depth == 8, error, " has colours of 16 bits")


def read_palette(file: tf.Tensor, depth: tf.Tensor, table: ColorTable | None) -> Read:
    """Reads a palette PNG: by its indices where these or none of its colours are the label set's, else by these colours."""
    indices, _ = read_gray(_as_gray(file), depth, None)
    colors, opaque = _palette(file)
    used = tf.cast(tf.where(tf.math.bincount(indices, minlength=256, maxlength=256) > 0)[:, 0], tf.int32)
    within = used[-1] < tf.shape(colors)[0]
    chosen = tf.gather(tf.pad(colors, [[0, 256 - tf.shape(colors)[0]]]), used)
    are_gray = tf.reduce_all(chosen == (chosen & 255) * GRAY)
    if table is None:
        distinct = tf.size(tf.unique(chosen)[0]) == tf.size(used)
        all_gray = tf.reduce_all(colors == (colors & 255) * GRAY)
        ids, error = tf.where(within & all_gray & distinct, chosen & 255, used), tf.constant("")
    else:
        ids, error = _meaning(table, colors, opaque, used, chosen, are_gray)
        error = tf.where(within, error, " uses indices beyond its palette")
    return tf.gather(tf.tensor_scatter_nd_update(tf.range(256), used[:, tf.newaxis], ids), indices), error


def _meaning(
    table: ColorTable, colors: tf.Tensor, opaque: tf.Tensor, used: tf.Tensor, chosen: tf.Tensor, are_gray: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The id of each used entry of a label map's palette, and what is wrong; refuses more than `tfhd_client.read_labels` does.

    Args:
        table: of the label set.
        colors: int32 `(entries,)`, of the whole palette.
        opaque: whether all of it is.
        used: int32 `(n,)`, indices that occur, ascending.
        chosen: int32 `(n,)`, their colours.
        are_gray: whether all of these are gray.
    """
    grays = chosen & 255
    known, own = table.is_known(chosen), table.color_of_id(used) == chosen
    all_known = tf.reduce_all(known)
    elsewhere = tf.reduce_any(known & ~own & (chosen != grays * GRAY))
    distinct, only_used = tf.size(tf.unique(chosen)[0]) == tf.size(used), tf.size(used) == tf.size(colors)
    foreign = tf.reduce_any(~table.is_known(colors) & (colors != 0))
    in_order = ~table.are_ids(grays) & _is_ascending(colors, used, chosen)
    plain_gray = are_gray & (tf.reduce_all(grays == used) | in_order)
    several = tf.reduce_any(colors[1:] != 0)
    counts = _count(chosen, colors)
    moved, filled = tf.reduce_any((chosen == 0) & known & ~own), tf.reduce_any(~own & (counts > 1))
    plain = ~all_known & (plain_gray | (~are_gray & ~elsewhere & ~moved & ~filled & several))
    shared = table.are_ids(used) & ~_is_contradicted(table, used, chosen, counts)
    by_index = tf.reduce_all(own) | tf.where(distinct, plain, shared)
    by_gray = ~by_index & distinct & are_gray & ~all_known & only_used & opaque & table.are_ids(grays)
    by_color = ~by_index & distinct & ~filled & ~are_gray & all_known & ~foreign & opaque
    ids, error = table.ids_of_colors(chosen)
    error = tf.where(by_index | by_gray, "", tf.where(by_color, error, _PALETTE_UNCLEAR))
    return tf.where(by_index, used, tf.where(by_gray, grays, ids)), error


def _is_ascending(colors: tf.Tensor, used: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Whether the grays of a palette of several entries grow; of one that has colours too, whether the used grays do."""
    indices = tf.range(tf.size(colors))
    length = tf.maximum(used[-1], tf.reduce_max(tf.where(colors != 0, indices, 0))) + 1
    whole = colors[: tf.where(length + 1 == tf.size(colors), length + 1, length)]
    shown = tf.cond(tf.reduce_all(whole == (whole & 255) * GRAY), lambda: whole, lambda: chosen)
    return (tf.size(whole) > 1) & tf.reduce_all(shown[1:] >= shown[:-1])


def _count(chosen: tf.Tensor, colors: tf.Tensor) -> tf.Tensor:
    """How many entries of a palette have each of the chosen colours, int32."""
    return tf.reduce_sum(tf.cast(chosen[:, tf.newaxis] == colors, tf.int32), axis=1)


def _is_contradicted(table: ColorTable, used: tf.Tensor, chosen: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
    """Whether colours say other ids than indices; grays that several entries have, `counts`, say nothing."""
    grays = chosen & 255
    is_gray, is_shared = chosen == grays * GRAY, counts > 1
    means_another = table.is_known(chosen) | (is_gray & table.is_id(grays) & (grays != used))
    return tf.reduce_any((table.color_of_id(used) != chosen) & means_another & ~(is_gray & is_shared))


def _palette(file: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The colours of a PNG's palette, int32 `(entries,)`, and whether all are opaque."""
    length = tf.strings.length(file)

    def size(start: tf.Tensor) -> tf.Tensor:
        return tf.io.decode_raw(tf.strings.substr(file, start, 4), tf.int32, little_endian=False)[0]

    def goes_on(start: tf.Tensor, palette: tf.Tensor, opacity: tf.Tensor) -> tf.Tensor:
        # Apart, because the graph would read the size behind the end of a file that is cut off.
        return tf.cond(
            (start >= 0) & (start + 8 <= length),
            lambda: (tf.strings.substr(file, start + 4, 4) != b"IDAT") & (size(start) >= 0),
            lambda: tf.constant(False),
        )

    def step(start: tf.Tensor, palette: tf.Tensor, opacity: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        kind, data = tf.strings.substr(file, start + 4, 4), tf.strings.substr(file, start + 8, size(start))
        return (
            start + 12 + size(start),
            tf.where(kind == b"PLTE", data, palette),
            tf.where(kind == b"tRNS", data, opacity),
        )

    start, empty = tf.constant(_FIRST_CHUNK), tf.constant(b"")
    _, palette, opacity = tf.while_loop(goes_on, step, (start, empty, empty))
    entries = tf.strings.length(palette) // 3
    channels = tf.io.decode_raw(tf.strings.substr(palette, 0, 3 * entries), tf.uint8)
    colors = _join_channels(tf.cast(tf.reshape(channels, (entries, 3)), tf.int32))[:, 0]
    return colors, tf.reduce_all(tf.io.decode_raw(opacity, tf.uint8) == 255)


def _as_gray(file: tf.Tensor) -> tf.Tensor:
    """A palette PNG whose header says gray, so that the decoder returns its indices, which it otherwise hides.

    The header's checksum changes by the same bits in every file, because it is linear.
    """
    palette_header, gray_header = (b"IHDR" + bytes(9) + bytes([kind]) + bytes(3) for kind in (3, 0))
    change = zlib.crc32(palette_header) ^ zlib.crc32(gray_header)
    total = tf.io.decode_raw(tf.strings.substr(file, _HEADER_SUM, 4), tf.uint8)
    total = tf.bitwise.bitwise_xor(total, tf.constant(list(change.to_bytes(4, "big")), tf.uint8))
    parts = [
        tf.strings.substr(file, 0, _COLOUR_TYPE),
        tf.constant(b"\0"),
        tf.strings.substr(file, _COLOUR_TYPE + 1, _HEADER_SUM - _COLOUR_TYPE - 1),
        tf.strings.reduce_join(tf.gather([bytes([value]) for value in range(256)], tf.cast(total, tf.int32))),
        tf.strings.substr(file, _HEADER_END, -1),
    ]
    return tf.strings.join(parts)


def _join_channels(pixels: tf.Tensor) -> tf.Tensor:
    """Colours as 0xRRGGBB, `(..., 1)`, of int32 red, green and blue, `(..., 3 or more)`."""
    return pixels[..., :1] * 0x10000 + pixels[..., 1:2] * 0x100 + pixels[..., 2:3]
