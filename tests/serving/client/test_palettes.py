from __future__ import annotations

import numpy as np
import pytest

from tests.picture_files import encoded, palette_png
from tests.serving.client.label_sets import BLACK, BLUE, GRAY, GREEN, OTHER, RED, STREET, classes
from tfhd_client import InputError, read_label_map, read_labels

PALETTES = {
    # The label set's own palette, in its order.
    "own": ([BLACK, RED, GREEN, BLUE], [0, 1, 2, 3], [0, 1, 2, 3]),
    "own, partly used": ([BLACK, RED, GREEN, BLUE], [0, 0, 2, 2], [0, 0, 2, 2]),
    "own, black alone": ([BLACK, RED, GREEN, BLUE], [0, 0], [0, 0]),
    # Reordered by an editor: colours count, also where the indices are ids.
    "reordered": ([BLUE, GREEN, RED, BLACK], [0, 1, 2, 3], [3, 2, 1, 0]),
    "reordered and filled with black": ([BLUE, GREEN] + [BLACK] * 254, [0, 1], [3, 2]),
    "adapted to the picture": ([GREEN, BLUE], [1, 0, 1], [3, 2, 3]),
    "other indices": ([OTHER] * 100 + [GREEN, BLUE], [100, 101], [2, 3]),
    "second id of a class": ([OTHER] * 255 + [BLACK], [255, 255], [255, 255]),
    "gray of the own palette": ([RED, GRAY, GREEN], [1, 1], [70, 70]),
    # Colours that have nothing to do with the label set's.
    "other colours": ([BLACK, (1, 2, 3), (4, 5, 6)], [0, 1, 2], [0, 1, 2]),
    "one colour in common": ([BLUE, (1, 2, 3), (4, 5, 6)], [0, 1, 2], [0, 1, 2]),
    # Several indices have one colour, so colours cannot be meant.
    "filled with black that is used": ([BLACK, RED, GREEN] + [BLACK] * 253, [0, 1, 2, 3], [0, 1, 2, 3]),
    "filled with black that alone is used": ([BLACK, RED, GREEN] + [BLACK] * 253, [1, 2, 3], [1, 2, 3]),
    "reordered, and filled with the last": ([BLUE, GREEN, BLACK] + [BLACK] * 253, [0, 1, 2], [3, 2, 0]),
    "filled with white that is used": ([BLACK, RED] + [(255, 255, 255)] * 254, [0, 1, 2, 3], [0, 1, 2, 3]),
    "equal grays among those in order": ([(v, v, v) for v in (0, 1, 2, 0)], [0, 1, 2, 3], [0, 1, 2, 3]),
    "equal grays": ([(7, 7, 7), (7, 7, 7)], [0, 1], [0, 1]),
    # Grays.
    "identity": ([(v, v, v) for v in range(4)], [0, 1, 3], [0, 1, 3]),
    "full identity, all black": ([(v, v, v) for v in range(256)], [0, 0], [0, 0]),
    "values are ids": ([(0, 0, 0), (70, 70, 70), (255, 255, 255)], [0, 1, 2], [0, 70, 255]),
    "indices are ids": ([(0, 0, 0), (100, 100, 100), (200, 200, 200)], [0, 1, 2], [0, 1, 2]),
    "both, compact": ([(1, 1, 1), (3, 3, 3)], [0, 1], [1, 3]),
    "both, compact and filled": ([(1, 1, 1), (3, 3, 3)] + [BLACK] * 14, [0, 1], [1, 3]),
}


@pytest.mark.parametrize("kind", PALETTES)
def test_palettes_are_read_as_what_they_mean(kind: str) -> None:
    palette, indices, ids = PALETTES[kind]
    found = read_labels(palette_png([indices], palette), STREET)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, [ids])


def test_an_optimized_gray_map_equals_the_map_before() -> None:
    ids = np.array([[0, 70, 70, 255], [3, 3, 1, 0]], np.uint8)
    values, indices = np.unique(ids, return_inverse=True)
    optimized = palette_png(indices.reshape(ids.shape).tolist(), [(v, v, v) for v in values.tolist()])
    np.testing.assert_array_equal(read_labels(optimized, STREET), read_labels(encoded(ids), STREET))


def voc() -> list[tuple[int, int, int]]:
    """The colour map of Pascal VOC, as its development kit makes it."""
    colors = []
    for index in range(256):
        channels = [0, 0, 0]
        for bit in range(8):
            for channel in range(3):
                channels[channel] |= ((index >> 3 * bit + channel) & 1) << 7 - bit
        colors.append(tuple(channels))
    return colors


def test_vocs_palette_is_read_by_index_although_label_sets_have_some_of_its_colours() -> None:
    camvid = classes(0, 1, 2, 3, 4, colors=[(128, 128, 128), (128, 0, 0), (128, 128, 0), (0, 0, 128), (5, 5, 5)])
    np.testing.assert_array_equal(read_labels(palette_png([[0, 1, 2, 3]], voc()), camvid), [[0, 1, 2, 3]])
    with pytest.raises(InputError, match="it is unclear whether the indices of its palette"):
        read_labels(palette_png([[1, 3]], voc()), camvid)


UNCLEAR = {
    "grays and indices are ids, and there are other entries": ([(0, 0, 0), (3, 3, 3), (9, 9, 9)], [1, 1]),
    "own colours under other ids, among foreign ones": ([BLUE, RED, GREEN, OTHER], [0, 1, 2]),
    "gray values and the colours of other classes": ([GRAY, (255, 255, 255)], [0, 0]),
    "reordered, filled with black that is used": ([GREEN, BLACK, BLUE] + [BLACK] * 253, [0, 1, 2, 3]),
    "black behind another colour": ([OTHER, BLACK], [0, 1]),
    "a colour before black": ([OTHER, BLACK], [0, 0]),
    "one colour of two indices": ([RED, RED, GREEN], [0, 1, 2]),
    "one colour of two indices, one no id": ([BLACK, RED, GREEN] + [BLACK] * 253, [0, 1, 2, 9]),
    "equal grays, and others out of order": ([(v, v, v) for v in (3, 1, 0, 0)], [0, 1, 2, 3]),
    "white and black": ([(200, 200, 200), BLACK], [0, 1]),
    "white and unused black": ([(200, 200, 200), BLACK], [0, 0]),
    "stretched grays out of order": ([(v, v, v) for v in (170, 85, 0)], [0, 1, 2]),
    "a gray alone": ([(200, 200, 200)], [0, 0]),
    "a colour alone": ([OTHER], [0, 0]),
}


@pytest.mark.parametrize("kind", UNCLEAR)
def test_palettes_of_two_meanings_are_refused(kind: str) -> None:
    palette, indices = UNCLEAR[kind]
    label_set = STREET if kind != "gray values and the colours of other classes" else classes(1, 70, colors=[GRAY, RED])
    with pytest.raises(InputError, match=r"unclear whether the indices of its palette \(.*\) or its colours \(.*; save one id"):
        read_labels(palette_png([indices], palette), label_set)


def test_unknown_colours_of_an_adapted_palette_are_listed() -> None:
    file = palette_png([[0, 1, 2, 2]], [GREEN, BLUE, OTHER])
    with pytest.raises(InputError, match=r"colours outside the label set 'street': \(9, 8, 7\) \(2 pixels\); correct the file"):
        read_labels(file, STREET)


def test_transparent_colours_of_a_palette_are_refused_where_the_colours_count() -> None:
    np.testing.assert_array_equal(read_labels(palette_png([[0, 1]], [BLACK, RED], bytes([0])), STREET), [[0, 1]])
    for palette in ([GREEN, BLUE], [(1, 1, 1), (3, 3, 3)]):
        with pytest.raises(InputError, match="some are transparent; save it without transparency"):
            read_labels(palette_png([[0, 1]], palette, bytes([128])), STREET)


def test_an_index_beyond_the_palette_is_refused() -> None:
    with pytest.raises(InputError, match=r"(uses index 3, but its palette ends at 1|cannot be decoded)"):
        read_labels(palette_png([[0, 3]], [BLACK, RED]), STREET)


def test_palette_colours_are_those_of_files_that_are_read_by_index() -> None:
    files = {
        "by index": (palette_png([[0, 2]], [BLACK, RED, (4, 5, 6)]), {0: BLACK, 2: (4, 5, 6)}),
        "by colour": (palette_png([[0, 1]], [GREEN, BLUE]), {}),
        "by gray": (palette_png([[0, 1]], [(1, 1, 1), (3, 3, 3)]), {}),
        "none": (encoded(np.zeros((2, 2), np.uint8)), {}),
    }
    assert {kind: read_label_map(file, STREET).palette for kind, (file, _) in files.items()} == {
        kind: colors for kind, (_, colors) in files.items()
    }
