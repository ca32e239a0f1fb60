"""How a camera was held, as EXIF data says it."""

from __future__ import annotations

import struct

from PIL import Image

from .chunks import has_metadata_behind_pixels

_TAG = 0x0112
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image) -> int:
    """The orientation that a picture's metadata gives, 1 (upright) to 8, and 1 where there is none or none that makes sense.

    Call it before the pixels are loaded. They are loaded where a PNG has metadata behind them.
    """
    if image.format == "PNG" and has_metadata_behind_pixels(image.fp):
        image.load()
    try:
        # Not image.getexif(), which in the case of PNG loads the pixels.
        value = image.tag_v2.get(_TAG) if image.format == "TIFF" else Image.Image.getexif(image).get(_TAG)
    # Damaged metadata does not make a picture unreadable.
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, struct.error):
        return 1
    return value if isinstance(value, int) and value in _TRANSPOSITIONS else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turns a loaded picture upright; of TIFF files, Pillow has done so."""
    return image if orientation == 1 or image.format == "TIFF" else image.transpose(_TRANSPOSITIONS[orientation])


def upright_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """Height and width of the picture turned upright."""
    # Pillow gives the sizes of TIFF files upright.
    turned = orientation >= 5 and image.format != "TIFF"
    return (image.width, image.height) if turned else (image.height, image.width)
