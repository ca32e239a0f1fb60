from __future__ import annotations

import numpy as np
import pytest

from tests.picture_files import encoded, packed, palette_png, png, tiff
from tests.serving.client.label_sets import BLACK, BLUE, GRAY, GREEN, OTHER, RED, STREET, classes
from tfhd_client import InputError, LabelClasses, needs_label_set, read_ids, read_label_map, read_labels


def test_gray_maps_are_ids_whatever_the_label_set_lists() -> None:
    np.testing.assert_array_equal(read_labels(encoded(np.array([[0, 3, 99]], np.uint8)), STREET), [[0, 3, 99]])


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
