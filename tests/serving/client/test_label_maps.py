from __future__ import annotations

import numpy as np
import pytest

from tests.picture_files import encoded, packed, palette_png, png, tiff
from tfhd_client import InputError, LabelClasses, needs_label_set, read_ids, read_label_map, read_labels

BLACK, RED, GREEN, BLUE, GRAY = (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (70, 70, 70)
OTHER = (9, 8, 7)
STREET = LabelClasses(
    "street",
    ("void", "road", "tree", "car", "wall"),
    ((0, 255), (1,), (2,), (3,), (70,)),
    (BLACK, RED, GREEN, BLUE, GRAY),
)


def classes(*ids: int, colors=None) -> LabelClasses:
    """A label set of these ids, by default in colours that occur nowhere else."""
    colors = colors or [(200, 100, index) for index in range(len(ids))]
    return LabelClasses("some", tuple(f"class {index}" for index in ids), tuple((index,) for index in ids), tuple(colors))


def test_gray_maps_are_ids_whatever_the_label_set_lists() -> None:
    np.testing.assert_array_equal(read_labels(encoded(np.array([[0, 3, 99]], np.uint8)), STREET), [[0, 3, 99]])


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


SHARED = classes(0, 1, 2, colors=[BLACK, BLACK, RED])


def test_a_colour_of_two_classes_is_refused_only_where_it_occurs() -> None:
    assert SHARED.shared_colors == {BLACK: ("class 0", "class 1")}
    assert not STREET.shared_colors
    np.testing.assert_array_equal(read_labels(encoded(np.array([[RED, RED]], np.uint8)), SHARED), [[2, 2]])
    for file in (
        encoded(np.array([[RED, BLACK]], np.uint8)),
        palette_png([[0, 1]], [RED, BLACK])[:],
        palette_png([[0, 2]], [RED, RED, BLACK]),
    ):
        with pytest.raises(
            InputError, match=r"stands for several classes of the label set 'some': 'class 0', 'class 1'; give each"
        ):
            read_labels(file, SHARED)
    np.testing.assert_array_equal(read_labels(palette_png([[0, 1, 2]], [BLACK, BLACK, RED]), SHARED), [[0, 1, 2]])


@pytest.mark.parametrize(
    ("bits", "label_set", "ids"),
    [
        (1, classes(0, 1), [0, 1]),
        (1, classes(0, 255), [0, 255]),
        (2, classes(0, 1, 2, 3), [0, 1, 2, 3]),
        (2, classes(0, 85, 170, 255), [0, 85, 170, 255]),
        (4, classes(0, 1, 5, 15), [0, 1, 5, 15]),
        (4, classes(0, 17, 85, 255), [0, 17, 85, 255]),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_gray_of_few_bits_is_whichever_reading_the_label_set_lists(bits, label_set, ids, kind) -> None:
    stored = [value * (2**bits - 1) // 255 for value in ids] if max(ids) == 255 else ids
    row = packed(stored, bits)
    file = png(len(ids), bits, 0, [row]) if kind == "PNG" else tiff(len(ids), 1, row, bits)
    np.testing.assert_array_equal(read_labels(file, label_set), [ids])


@pytest.mark.parametrize(
    ("label_set", "message"),
    [
        (classes(0, 1, 255), r"several of these are ids of the label set 'some' \(.*: 0, 1; spread over 0\.\.255: 0, 255\)"),
        (classes(0, 7), "none of these are ids"),
    ],
)
def test_gray_of_one_bit_that_fits_twice_or_not_at_all_is_refused(label_set, message) -> None:
    file = png(2, 1, 0, [packed([0, 1], 1)])
    with pytest.raises(InputError, match=f"is a gray file of 1 bits, and {message}.*; save the map as gray of 8 bits"):
        read_labels(file, label_set)
    np.testing.assert_array_equal(read_labels(png(2, 1, 0, [packed([0, 0], 1)]), label_set), [[0, 0]])


def test_where_zero_is_white_numbers_are_as_stored_or_as_shown_whichever_the_label_set_lists() -> None:
    gray = bytes([255, 254])
    np.testing.assert_array_equal(read_labels(tiff(2, 1, gray, 8, photometric=0), classes(254, 255)), [[255, 254]])
    np.testing.assert_array_equal(read_labels(tiff(2, 1, gray, 8, photometric=0), classes(0, 1)), [[0, 1]])
    with pytest.raises(InputError, match=r"is a gray file of 8 bits \(0 is white\), and several of these are ids"):
        read_labels(tiff(2, 1, gray, 8, photometric=0), classes(0, 1, 254, 255))
    wide = np.array([65535, 65534], "<u2").tobytes()
    np.testing.assert_array_equal(read_labels(tiff(2, 1, wide, 16, photometric=0), classes(0, 1)), [[0, 1]])
    for file in (b"P4\n2 1\n" + packed([0, 1], 1), tiff(2, 1, packed([0, 1], 1), 1, photometric=0)):
        np.testing.assert_array_equal(read_labels(file, classes(0, 255)), [[255, 0]])
        with pytest.raises(InputError, match=r"is a gray file of 1 bits \(0 is white\), and several of these are ids"):
            read_labels(file, classes(0, 1))


COLORS = np.array([[RED, RED, BLUE], [BLACK, GREEN, GREEN]], np.uint8)
OPAQUE = np.dstack([COLORS, np.full((2, 3, 1), 255, np.uint8)])


@pytest.mark.parametrize(
    "file",
    [encoded(COLORS), encoded(OPAQUE), encoded(COLORS, "WEBP", lossless=True), encoded(COLORS, "TIFF"), encoded(COLORS, "BMP")],
    ids=["rgb", "rgba", "webp", "tiff", "bmp"],
)
def test_colours_are_read_exactly_as_the_label_set_has_them(file: bytes) -> None:
    found = read_labels(file, STREET)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, [[1, 1, 3], [0, 2, 2]])


def test_unknown_colours_are_listed_by_pixels_five_at_most() -> None:
    picture = np.array([[RED] + [(9, 9, index) for index in range(7) for _ in range(index + 1)]], np.uint8)
    with pytest.raises(InputError) as caught:
        read_labels(encoded(picture), STREET)
    assert str(caught.value) == (
        "the picture: colours outside the label set 'street': (9, 9, 6) (7 pixels), (9, 9, 5) (6 pixels), (9, 9, 4) (5 pixels), "
        "(9, 9, 3) (4 pixels), (9, 9, 2) (3 pixels) and 2 more; correct the file (no smoothing, no resizing but nearest), or "
        "give the label set these colours"
    )


def test_colours_with_red_and_blue_exchanged_are_told_so() -> None:
    violet = classes(0, 1, colors=[(128, 64, 192), (0, 0, 142)])
    file = encoded(np.array([[(192, 64, 128), (142, 0, 0)]], np.uint8))
    with pytest.raises(InputError, match=r"all are known with red and blue exchanged .*: save the file with its channels as RGB"):
        read_labels(file, violet)
    with pytest.raises(InputError, match="correct the file"):
        read_labels(encoded(np.array([[(192, 64, 128), OTHER]], np.uint8)), violet)


def test_gray_saved_as_rgb_is_ids() -> None:
    np.testing.assert_array_equal(read_labels(encoded(np.array([[[3] * 3, [70] * 3]], np.uint8)), STREET), [[3, 70]])


def test_gray_colours_of_the_label_set_are_colours_unless_they_are_other_ids_too() -> None:
    gray = encoded(np.array([[GRAY]], np.uint8))
    np.testing.assert_array_equal(read_labels(gray, classes(0, 1, colors=[RED, GRAY])), [[1]])
    with pytest.raises(InputError, match=r"holds grays alone \(70\), which are both ids and colours of other classes"):
        read_labels(gray, classes(70, 1, colors=[RED, GRAY]))


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


@pytest.mark.parametrize(
    ("file", "given_as"),
    [
        (encoded(np.array([[1, 3]], np.uint8)), "numbers"),
        (encoded(np.array([[1, 3]], np.uint16)), "numbers"),
        (encoded(np.array([[0, 70]], np.uint8)), "either"),
        (encoded(np.array([[[1] * 3, [3] * 3]], np.uint8)), "numbers"),
        (encoded(np.array([[RED, BLACK]], np.uint8)), "colors"),
        (encoded(np.array([[BLACK, GRAY]], np.uint8)), "either"),
        (palette_png([[0, 1]], [BLACK, RED]), "either"),
        (palette_png([[0, 1]], [GREEN, BLUE]), "colors"),
        (palette_png([[0, 1]], [(1, 1, 1), (3, 3, 3)]), "numbers"),
        (png(2, 2, 0, [packed([2, 3], 2)]), "numbers"),
        (png(2, 1, 0, [packed([0, 0], 1)]), "either"),
    ],
)
def test_what_gives_the_ids_is_said(file: bytes, given_as: str) -> None:
    assert read_label_map(file, STREET).given_as == given_as


INK = classes(0, 1, colors=[(255, 255, 255), BLACK])
SHADES = classes(0, 70, colors=[GRAY, BLACK])


@pytest.mark.parametrize("label_set", [INK, SHADES], ids=["ink", "shades"])
def test_gray_that_may_be_colours_of_other_classes_is_refused(label_set: LabelClasses) -> None:
    """A picture of black on white must not mean the opposite once it is saved with one bit."""
    highest, shown = (1, 255) if label_set is INK else (70, 70)
    file = png(2, 1, 0, [packed([0, 1], 1)]) if label_set is INK else encoded(np.array([[0, 70]], np.uint8))
    with pytest.raises(InputError, match=f"holds grays alone \\(0, {shown}\\), which are both ids and colours of other classes"):
        read_labels(file, label_set)
    # Of one gray value, or where grays are no colours, the numbers are ids, as in other gray files.
    np.testing.assert_array_equal(read_labels(encoded(np.array([[0, 0]], np.uint8)), label_set), [[0, 0]])
    np.testing.assert_array_equal(read_labels(encoded(np.array([[0, highest]], np.uint16)), label_set), [[0, highest]])


@pytest.mark.parametrize(
    ("file", "needed"),
    [
        (encoded(np.array([[0, 3]], np.uint8)), True),
        (encoded(np.array([[0, 3]], np.uint16)), False),
        (encoded(np.array([[0, 3]], np.uint16), "TIFF"), False),
        (b"P5\n2 1\n3\n" + bytes([0, 3]), True),
        (b"P5\n2 1\n300\n" + bytes([0, 0, 0, 3]), False),
        (png(2, 1, 0, [packed([0, 1], 1)]), True),
        (tiff(2, 1, packed([0, 3], 4), 4), True),
        (tiff(2, 1, bytes([0, 3]), 8, photometric=0), True),
        (b"P4\n2 1\n" + packed([0, 1], 1), True),
        (palette_png([[0, 1]], [BLACK, RED]), True),
        (encoded(np.array([[RED]], np.uint8)), True),
    ],
)
def test_only_files_that_can_mean_several_things_need_a_label_set(file: bytes, needed: bool) -> None:
    assert needs_label_set(file) == needed
    if not needed:
        np.testing.assert_array_equal(read_ids(file), read_labels(file, STREET))


def test_what_is_no_map_is_refused_before_a_label_set_is_asked_for() -> None:
    with pytest.raises(InputError, match="is a JPEG file, whose compression changes ids"):
        needs_label_set(encoded(np.zeros((8, 8), np.uint8), "JPEG"))
