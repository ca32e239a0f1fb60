"""Label Studio's shapes against Pillow and against the geometry itself."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.formats.shapes import SHAPE as BRUSH_SHAPE
from tests.formats.test_label_studio import BRUSH, BRUSH_RLE
from tfhd.errors import InputError
from tfhd.formats.label_studio_regions import decode_rle, region_mask

SHAPE = (80, 120)


def drawn(value: dict) -> np.ndarray:
    return region_mask(value, SHAPE, "region 0")


def percent(x: float, y: float) -> tuple[float, float]:
    return x * 100 / SHAPE[1], y * 100 / SHAPE[0]


def rectangle(x: float, y: float, width: float, height: float, rotation: float) -> dict:
    (x, y), (width, height) = percent(x, y), percent(width, height)
    return {"x": x, "y": y, "width": width, "height": height, "rotation": rotation}


def ellipse(x: float, y: float, radius_x: float, radius_y: float, rotation: float) -> dict:
    (x, y), (radius_x, radius_y) = percent(x, y), percent(radius_x, radius_y)
    return {"x": x, "y": y, "radiusX": radius_x, "radiusY": radius_y, "rotation": rotation}


def with_neighbours(mask: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, 1)
    rows, columns = mask.shape
    return np.any([padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=0)


def test_polygons_keep_whole_corners_whole_through_percent() -> None:
    corners = [(7, 3), (101, 11), (113, 70), (59, 77), (1, 41)]
    image = Image.new("1", SHAPE[::-1])
    ImageDraw.Draw(image).polygon(corners, fill=1, outline=1)
    np.testing.assert_array_equal(drawn({"points": [percent(*corner) for corner in corners]}), np.array(image))


@pytest.mark.parametrize(
    ("turn", "left", "top", "right", "bottom"),
    [(0, 50, 30, 70, 40), (90, 40, 30, 50, 50), (180, 30, 20, 50, 30), (270, 50, 10, 60, 30), (-90, 50, 10, 60, 30)],
)
def test_rectangles_turn_clockwise_around_their_first_corner(turn: int, left: int, top: int, right: int, bottom: int) -> None:
    expected = np.zeros(SHAPE, bool)
    expected[top : bottom + 1, left : right + 1] = True
    np.testing.assert_array_equal(drawn(rectangle(50, 30, 20, 10, turn)), expected)


def test_a_rectangle_may_have_no_rotation_in_the_export() -> None:
    value = rectangle(50, 30, 20, 10, 0)
    del value["rotation"]
    np.testing.assert_array_equal(drawn(value), drawn(rectangle(50, 30, 20, 10, 0)))


@pytest.mark.parametrize("rotation", [0, 20, 45, 90, 137.5, 300])
def test_ellipses_turn_clockwise_around_their_centre(rotation: float) -> None:
    x, y, radius_x, radius_y = 61.3, 38.8, 34.0, 12.5
    mask = drawn(ellipse(x, y, radius_x, radius_y, rotation))
    rows, columns = np.indices(SHAPE) + 0.5
    along = np.radians(rotation)
    right, down = columns - x, rows - y
    inside = (
        ((right * np.cos(along) + down * np.sin(along)) / radius_x) ** 2
        + ((down * np.cos(along) - right * np.sin(along)) / radius_y) ** 2
    ) <= 1
    assert inside.sum() > 1000
    assert mask[inside].all()
    assert not mask[~with_neighbours(inside)].any()  # and no more than its outline


def uncompressed_rle(values: np.ndarray) -> list[int]:
    """Label Studio's run lengths without any run that repeats: values, uint8 (N,), in runs of up to 65536."""
    bits = f"{values.size:032b}" + "00111" + "1111" * 4
    for start in range(0, values.size, 1 << 16):
        run = values[start : start + (1 << 16)]
        bits += "000" + f"{run.size - 1:016b}" + "".join(f"{value:08b}" for value in run.tolist())
    bits += "0" * (-len(bits) % 8)
    return np.packbits(np.array(list(bits)) == "1").tolist()


@pytest.mark.parametrize(("highest", "least"), [(255, 128), (200, 100), (1, 1), (0, None)])
def test_brushes_count_from_half_of_their_opacity_on(highest: int, least: int | None) -> None:
    opacity = np.arange(BRUSH_SHAPE[0] * BRUSH_SHAPE[1]).reshape(BRUSH_SHAPE) % (highest + 1)
    opacity[-1, -1] = highest
    rle = uncompressed_rle(np.repeat(opacity.astype(np.uint8).ravel(), 4))
    expected = np.zeros(BRUSH_SHAPE, bool) if least is None else opacity >= least
    np.testing.assert_array_equal(region_mask({"rle": rle}, BRUSH_SHAPE, "region 0"), expected)


def test_brushes_are_decoded_as_the_sdk_encodes_them() -> None:
    np.testing.assert_array_equal(region_mask({"rle": BRUSH_RLE}, BRUSH_SHAPE, "region 0"), BRUSH)


def test_bitmasks_are_opaque_where_the_editor_drew() -> None:
    mask = np.random.default_rng(0).random(SHAPE) < 0.5
    file = io.BytesIO()
    Image.fromarray((mask[..., None] * [0, 0, 0, 255]).astype(np.uint8)).save(file, "PNG")
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    np.testing.assert_array_equal(drawn({"imageDataURL": url}), mask)
    with pytest.raises(InputError, match=r"region 0: its bitmask is of size \(80, 120\), the photo of \(9, 9\)"):
        region_mask({"imageDataURL": url}, (9, 9), "region 0")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"x": 1, "y": 2, "width": "wide", "height": 4}, "x, y, width, height or rotation are no numbers; export"),
        ({"x": 1, "y": 2, "width": 3}, "x, y, width, height or rotation are no numbers"),
        ({"x": 1, "y": 2, "radiusX": float("nan"), "radiusY": 4}, "x, y, radiusX, radiusY or rotation are no numbers"),
        ({"x": 1e12, "y": 2, "radiusX": 3, "radiusY": 4}, "expected at least 3 pairs of numbers"),
        ({"points": [[1, 2], [3, 4]]}, "expected at least 3 pairs of numbers"),
        ({"imageDataURL": "data:image/png;base64,AAAA"}, "its mask cannot be decoded"),
        ({"imageDataURL": None}, "its mask cannot be decoded"),
        ({"rle": BRUSH_RLE[:20]}, "export"),
        ({}, "x, y, width, height or rotation are no numbers"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(value: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        drawn(value)
    assert str(caught.value).startswith("region 0: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rle", [BRUSH_RLE[:20], [*BRUSH_RLE[:3], 1, *BRUSH_RLE[4:]], "x", [300]])
def test_a_broken_brush_is_refused(rle: object) -> None:
    with pytest.raises(InputError, match=r"region 0: .*export"):
        decode_rle(rle, 4 * BRUSH_SHAPE[0] * BRUSH_SHAPE[1], "region 0")
