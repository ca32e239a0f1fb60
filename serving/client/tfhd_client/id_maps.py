"""Reads and writes maps of instance ids, and other maps whose label set is not known."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .errors import InputError
from .map_pixels import MapPixels, is_plain, read_pixels, require_exact
from .photos import verify
from .pictures import File, name_of, with_picture


def read_ids(file: File) -> np.ndarray:
    """Reads a map of ids as stored: gray of 1 to 16 bits or more, a lossless gray picture with equal channels, or a palette.

    Of a palette, the indices are the ids, unless it is of grays alone, and those used differ: programs that make files smaller
    turn gray values into indices of such palettes.

    Returns:
        int32 `(height, width)`, values 0..65535.

    Raises:
        InputError: the file cannot be read or is cut off, may hold other ids than were meant (lossy, turned, transparent, several
            pages), or holds colours, or values outside the range.
    """
    return with_picture(file, lambda image: _ids(read_pixels(image, file), file))


def verify_ids(file: File) -> tuple[int, int]:
    """Checks that `read_ids` will succeed, without decoding PNG pixels of which each is an id; returns height and width."""

    def read(image: Image.Image) -> tuple[int, int]:
        require_exact(image, file)
        if not is_plain(image):
            return _ids(read_pixels(image, file), file).shape
        size = image.height, image.width
        verify(image)
        return size

    return with_picture(file, read)


def id_png(ids: np.ndarray) -> bytes:
    """Encodes a map of labels or instances, uint8 or uint16 `(height, width)`, as a gray PNG file of as many bits."""
    file = io.BytesIO()
    Image.fromarray(ids).save(file, "PNG")
    return file.getvalue()


def _ids(pixels: MapPixels, file: File) -> np.ndarray:
    if pixels.colors is not None:
        gray = pixels.colors[..., 0]
        if (pixels.colors != gray[..., None]).any():
            raise InputError(
                f"{name_of(file)}: is a picture of colours where ids are expected; save one number per pixel, as a gray (8 or 16 "
                "bit) or palette PNG"
            )
        return gray.astype(np.int32)
    if pixels.palette is None:
        return pixels.values
    used = np.flatnonzero(np.bincount(pixels.values.ravel()))
    if used[-1] >= len(pixels.palette):
        return pixels.values
    colors = pixels.palette[:, :3]
    is_gray = (colors == colors[:, :1]).all()
    if is_gray and len(np.unique(colors[used, 0])) == len(used):
        return colors[:, 0].astype(np.int32)[pixels.values]
    return pixels.values
