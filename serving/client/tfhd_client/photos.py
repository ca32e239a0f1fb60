"""Reads photos: RGB, upright, 8 bits per channel."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .errors import InputError
from .orientation import orientation_of, upright, upright_size
from .pictures import File, name_of, require_one_page, require_plain_bmp, with_picture

_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_SAMPLE_FORMAT = 258, 262, 339


def read_photo(file: File) -> np.ndarray:
    """Reads a photo as RGB, upright as its EXIF orientation says; gray becomes three equal channels, transparency is dropped.

    Of 16 bits per channel the high byte counts, of 12 bits the upper 8; PGM and PPM files are scaled by their highest value.
    Colour profiles are ignored.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        InputError: the file cannot be read, is cut off, holds several pictures, or signed, 32-bit or floating-point numbers.
    """

    def read(image: Image.Image) -> np.ndarray:
        _require_photo(image, file)
        orientation = orientation_of(image)
        bits, inverted = _gray_bits(image)
        image.load()
        image = upright(image, orientation)
        if bits:
            gray = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
            return np.repeat((255 - gray if inverted else gray)[:, :, np.newaxis], 3, axis=2)
        # A palette with transparency loses its colours unless it goes through RGBA.
        return np.asarray((image.convert("RGBA") if image.mode == "P" else image).convert("RGB"))

    return with_picture(file, read)


def is_transparent(file: File) -> bool:
    """Whether a photo has pixels that are not opaque, whose colours, mostly black or white, `read_photo` takes all the same."""

    def read(image: Image.Image) -> bool:
        if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
            return False
        image.load()
        return image.convert("RGBA").getextrema()[3][0] < 255

    return with_picture(file, read)


def read_size(file: File) -> tuple[int, int]:
    """Reads height and width of a photo, upright as `read_photo` returns it, from its header and metadata."""
    return with_picture(file, lambda image: upright_size(image, orientation_of(image)))


def photo_orientation(file: File) -> int:
    """Reads a photo's EXIF orientation, which `read_photo` applies: 1 is upright; 3, 6, 8 are turned, the others mirrored."""
    return with_picture(file, orientation_of)


def verify_photo(file: File) -> tuple[int, int]:
    """Checks, as far as possible without decoding PNG pixels, that `read_photo` will succeed; returns height and width."""

    def read(image: Image.Image) -> tuple[int, int]:
        _require_photo(image, file)
        size = upright_size(image, orientation_of(image))
        verify(image)
        return size

    return with_picture(file, read)


def verify(image: Image.Image) -> None:
    """Raises what Pillow raises where a picture is cut off or damaged: by the checksums of a PNG, else by decoding it."""
    if image.format == "PNG" and image.tile:
        image.verify()
    else:
        image.draft("RGB", (1, 1))  # lets JPEG decode at an eighth of its size, which still reads the whole file
        image.load()


def _require_photo(image: Image.Image, file: File) -> None:
    require_one_page(image, file)
    require_plain_bmp(image, file)
    tags = image.tag_v2 if image.format == "TIFF" else {}
    # In PGM files, mode I is 16 bits.
    wide = image.mode == "F" or (image.mode == "I" and image.format not in ("PPM", "PNG"))
    if wide or any(kind != 1 for kind in np.atleast_1d(tags.get(_TIFF_SAMPLE_FORMAT, 1))):
        kind = "floating-point" if image.mode == "F" else "signed or 32-bit"
        raise InputError(f"{name_of(file)}: is a {kind} picture; save photos with 8 or 16 bits per channel")


def _gray_bits(image: Image.Image) -> tuple[int, bool]:
    """Bits of a gray photo of more than 8, else 0; and whether its numbers grow from white to black, which Pillow leaves."""
    if image.mode in _SIXTEEN_BIT:
        tags = image.tag_v2 if image.format == "TIFF" else {}
        return tags.get(_TIFF_BITS, (16,))[0], tags.get(_TIFF_PHOTOMETRIC) == 0
    return (16 if image.mode == "I" else 0), False
