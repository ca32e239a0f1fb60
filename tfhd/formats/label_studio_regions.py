"""The pixels of Label Studio's regions: brushes, bitmasks, polygons, rectangles and ellipses."""

from __future__ import annotations

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.drawing import corners, polygon_mask
from tfhd.formats.pixels import decode_mask

_ELLIPSE_CORNERS = 720
"""An ellipse is drawn as a polygon of so many corners: within a twentieth of a pixel at a radius of 5000."""
_DIGITS = 6
"""Of a pixel that a corner's place keeps."""
_Points = list[tuple[float, float]]


def region_mask(value: dict, shape: tuple[int, int], where: str) -> np.ndarray:
    """The pixels of a region: bool (H, W).

    Args:
        value: of the region, as exported; what it holds tells its kind. Lengths are percent of the photo's, angles are degrees
            clockwise.
        shape: height and width of the photo.
        where: it is, for messages.

    Raises:
        InputError: it cannot be drawn.
    """
    if "rle" in value:
        return _brush(value["rle"], shape, where)
    if "imageDataURL" in value:
        return _bitmask(value["imageDataURL"], shape, where)
    if "points" in value:
        scale = np.array(shape[::-1]) / 100
        outline = (np.array(corners(value["points"], where)) * scale).tolist()
    else:
        outline = _ellipse(value, shape, where) if "radiusX" in value else _rectangle(value, shape, where)
    # A corner lies in the pixel that its whole part names. Percent loses last digits, and 6.999999999 was 7.
    return polygon_mask(corners(np.round(outline, _DIGITS).tolist(), where), shape)


def _brush(rle: object, shape: tuple[int, int], where: str) -> np.ndarray:
    height, width = shape
    opacity = decode_rle(rle, 4 * height * width, where).reshape(height, width, 4)[..., 3]
    # The editor's edges are soft. Masks of 0 and 1, which the SDK encodes as they are, make a brush of opacity 1.
    return opacity >= max(1, (int(opacity.max()) + 1) // 2)


def _bitmask(url: object, shape: tuple[int, int], where: str) -> np.ndarray:
    mask = decode_mask(str(url).rpartition(",")[2], where)
    if mask.shape != shape:
        raise InputError(f"{where}: its bitmask is of size {mask.shape}, the photo of {shape}; put the annotated photo there")
    return mask


def _rectangle(value: dict, shape: tuple[int, int], where: str) -> _Points:
    """Corners in pixels. It turns around its first corner, whose place is that after turning."""
    x, y, width, height, angle = _numbers(value, ("x", "y", "width", "height"), shape, where)
    return _turned(np.array([(0, 0), (width, 0), (width, height), (0, height)]), angle, (x, y))


def _ellipse(value: dict, shape: tuple[int, int], where: str) -> _Points:
    """Corners in pixels. It turns around its centre, which is x and y (the tag's documentation has the top left corner)."""
    x, y, radius_x, radius_y, angle = _numbers(value, ("x", "y", "radiusX", "radiusY"), shape, where)
    turn = np.linspace(0, 2 * np.pi, _ELLIPSE_CORNERS, endpoint=False)
    return _turned(np.stack([radius_x * np.cos(turn), radius_y * np.sin(turn)], axis=1), angle, (x, y))


def _turned(points: np.ndarray, angle: float, place: tuple[float, float]) -> _Points:
    """Points around the origin, (N, 2), turned by degrees clockwise and moved to `place`."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return (points @ np.array([(cos, sin), (-sin, cos)]) + place).tolist()


def _numbers(value: dict, names: tuple[str, ...], shape: tuple[int, int], where: str) -> tuple[float, ...]:
    """Lengths in pixels, those of x and of y by turns, and the angle of rotation."""
    try:
        found = np.array([*(value[name] for name in names), value.get("rotation") or 0], np.float64)
    except (KeyError, TypeError, ValueError):
        found = np.empty(0)
    if len(found) != len(names) + 1 or not np.isfinite(found).all():
        raise InputError(f"{where}: its {', '.join(names)} or rotation are no numbers; export the annotations again")
    height, width = shape
    return tuple((found * [width / 100, height / 100, width / 100, height / 100, 1]).tolist())


def decode_rle(rle: object, size: int, where: str) -> np.ndarray:
    """Decodes Label Studio's own run lengths: uint8 (size,).

    Bits: 32 of the number of values, 5 of the width of a value less 1, four times 4 of widths of lengths less 1; then runs of a
    bit (repeated or not), 2 bits (which width), a length less 1, and one value or as many as the length says.

    Args:
        rle: list of bytes.
        size: values expected.
        where: it is, for messages.

    Raises:
        InputError: it is cut off, or has another size.
    """
    if not isinstance(rle, list) or not all(type(value) is int and 0 <= value < 256 for value in rle):
        raise InputError(f"{where}: `rle` is no list of bytes; export the annotations again")
    bits = np.unpackbits(np.array(rle, np.uint8))
    place = 0

    def take(count: int) -> int:
        nonlocal place
        if place + count > len(bits):
            raise InputError(f"{where}: its run lengths are cut off; export the annotations again")
        number = int("".join(map(str, bits[place : place + count].tolist())), 2)
        place += count
        return number

    total, word = take(32), take(5) + 1
    widths = [take(4) + 1 for _ in range(4)]
    if total != size or word != 8:
        raise InputError(f"{where}: its brush has {total} values of {word} bits, expected {size} of 8; export it again")
    out, done = np.zeros(size, np.uint8), 0
    while done < size:
        repeated = take(1)
        length = take(widths[take(2)]) + 1
        if done + length > size:
            raise InputError(f"{where}: its run lengths are too long; export the annotations again")
        if repeated:
            out[done : done + length] = take(8)
        else:
            out[done : done + length] = [take(8) for _ in range(length)]
        done += length
    return out
