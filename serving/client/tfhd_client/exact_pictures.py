"""Reads pictures number for number: any channels, 8 or 16 bits. Nothing is converted; what does not fit is refused."""

from __future__ import annotations

import io
import math
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from .errors import InputError
from .map_pixels import netpbm_maximum, raw_mode
from .orientation import orientation_of, upright
from .pictures import File, max_pixels, name_of, require_one_page, require_plain_bmp, too_many_pixels, with_picture

_NPY = b"\x93NUMPY"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_CHANNELS = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "I;16": 1, "I;16B": 1, "I;16L": 1, "I": 1}
_WIDE = ("I;16", "I;16B", "I;16L", "I")
_WHITE_IS_ZERO, _PALETTE = 0, 3
_ORIENTATION = 274
_OPACITY = (1, 2)
"""What a TIFF file calls samples that are opacity."""


class _Kind(NamedTuple):
    channels: int
    dtype: np.dtype

    def __str__(self) -> str:
        return f"{self.channels} channel{'s' * (self.channels != 1)} of {self.dtype.name}"


def read_picture(file: File, channels: int, dtype: np.dtype | type | str) -> np.ndarray:
    """Reads a picture exactly as stored.

    PNG of 8 and 16 bits, TIFF of any channels (interleaved, planar, or a stack of pages, which are its channels), NumPy's .npy
    `(height, width)` or `(height, width, channels)`, and what else Pillow reads with 8 bits. Opacity is no channel where all of
    a picture is opaque; a palette counts as its colours; an EXIF orientation turns the picture.

    Args:
        file: path or bytes.
        channels: how many it must have.
        dtype: uint8 or uint16, which it must have.

    Returns:
        `(height, width, channels)` of `dtype`.

    Raises:
        InputError: the file cannot be read, is cut off or larger than the limit of pixels, or is of another kind.
    """
    wanted = _Kind(channels, np.dtype(dtype))
    start = _first_bytes(file)
    if start.startswith(_NPY):
        return np.ascontiguousarray(_read_npy(file, wanted))
    if start.startswith(_TIFF):
        return np.ascontiguousarray(_read_tiff(file, wanted))
    return np.ascontiguousarray(with_picture(file, lambda image: _read_other(image, file, wanted)))


def _first_bytes(file: File) -> bytes:
    if isinstance(file, bytes):
        return file[:8]
    try:
        with open(file, "rb") as opened:
            return opened.read(8)
    except OSError:  # `with_picture` says why
        return b""


def _read_npy(file: File, wanted: _Kind) -> np.ndarray:
    try:
        with _opened(file) as source:
            shape, is_fortran, dtype = _npy_header(source)
            if dtype.hasobject:
                raise InputError(f"{name_of(file)}: holds Python objects, which could run any code; save numbers alone")
            if len(shape) not in (2, 3):
                raise InputError(f"{name_of(file)}: has shape {shape}; save it as (height, width, {wanted.channels})")
            height, width, channels = (*shape, 1)[:3]
            kind = _Kind(channels, dtype.newbyteorder("="))
            _require(file, (height, width), kind, wanted)
            size = math.prod(shape) * dtype.itemsize
            data = source.read(size)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise _damaged(file, error) from None
    if len(data) < size:
        raise _damaged(file, EOFError(f"{len(data)} of {size} bytes"))
    array = np.frombuffer(data, dtype)
    array = array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)
    return array.reshape(height, width, channels).astype(wanted.dtype)


def _npy_header(source: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(source)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:  # a later one is only written for records of named fields
        raise ValueError(f"version {version}")
    return readers[version](source)


def _opened(file: File) -> BinaryIO:
    return io.BytesIO(file) if isinstance(file, bytes) else open(file, "rb")


def _read_tiff(file: File, wanted: _Kind) -> np.ndarray:
    import tifffile  # here, as most pictures are none

    try:
        # Without OME, whose metadata may name other files to read.
        with tifffile.TiffFile(io.BytesIO(file) if isinstance(file, bytes) else file, is_ome=False) as tiff:
            if len(tiff.series) != 1:
                raise InputError(f"{name_of(file)}: holds {len(tiff.series)} pictures of different kinds; save one alone")
            series, page = tiff.series[0], tiff.pages.first
            _require_plain_page(file, page)
            shape, place = _tiff_layout(file, series.axes, series.shape)
            has_opacity = place == "S" and any(kind in _OPACITY for kind in page.extrasamples)
            _require(file, shape[:2], _Kind(shape[2], np.dtype(series.dtype)), wanted, has_opacity)
            array = series.asarray()
    except InputError:
        raise
    # Damaged files make tifffile raise nearly anything.
    except Exception as error:
        if "imagecodecs" in str(error):
            return _read_compressed_tiff(file, wanted)
        raise _damaged(file, error) from None
    others = [index for index, axis in enumerate(series.axes) if axis not in "YX"]
    array = np.moveaxis(array, others, range(len(others))).reshape(shape[2], *shape[:2])
    return _without_opacity(np.moveaxis(array, 0, -1), wanted, file).astype(wanted.dtype)


def _read_compressed_tiff(file: File, wanted: _Kind) -> np.ndarray:
    """Reads one page of 8 bits, or of gray, compressed as tifffile by itself cannot undo it: LZW for instance."""
    try:
        return with_picture(file, lambda image: _read_other(image, file, wanted))
    except InputError:
        raise InputError(
            f"{name_of(file)}: is compressed in a way that takes the package imagecodecs; install it, or save the picture "
            "without compression or with deflate"
        ) from None


def _require_plain_page(file: File, page: object) -> None:
    if page.photometric in (_WHITE_IS_ZERO, _PALETTE):
        kind = "palette" if page.photometric == _PALETTE else "numbers that grow from white to black"
        raise InputError(f"{name_of(file)}: is a TIFF file with {kind}; save it as plain numbers")
    tag = page.tags.get(_ORIENTATION)
    if tag is not None and tag.value != 1:
        raise InputError(f"{name_of(file)}: has the orientation {int(tag.value)}; turn the picture, and save it upright")


def _tiff_layout(file: File, axes: str, shape: tuple[int, ...]) -> tuple[tuple[int, int, int], str]:
    """Height, width and channels; and the axis that is the channels, empty where there is none."""
    sizes = dict(zip(axes, shape, strict=True))
    others = {axis: size for axis, size in sizes.items() if axis not in "YX" and size > 1}
    if len(sizes) < len(axes) or not {"Y", "X"} <= sizes.keys() or len(others) > 1:
        raise InputError(f"{name_of(file)}: has the axes {axes} of {shape}; save rows, columns and one of channels")
    ((place, channels),) = others.items() or {"": 1}.items()
    return (sizes["Y"], sizes["X"], channels), place


def _read_other(image: Image.Image, file: File, wanted: _Kind) -> np.ndarray:
    require_one_page(image, file)
    require_plain_bmp(image, file)
    size, raw, orientation = (image.height, image.width), raw_mode(image), orientation_of(image)
    if image.format == "PPM" and netpbm_maximum(image) not in (255, 65535 if image.mode == "I" else 255):
        raise InputError(f"{name_of(file)}: its header says {netpbm_maximum(image)} is white; save it as PNG")
    mode = image.mode
    if mode == "P":  # as colours, and through RGBA, without which a palette with transparency loses them
        image = image.convert("RGBA")
        mode = "RGBA" if image.getextrema()[3][0] < 255 else "RGB"
    is_wide, is_gray = mode in _WIDE or ";16" in raw, raw == "LA;16B"  # which Pillow opens as colours
    kind = _Kind(2 if is_gray else _CHANNELS.get(mode, 0), np.dtype(np.uint16 if is_wide else np.uint8))
    is_unknown = (mode == "I" and image.format not in ("PNG", "PPM")) or (is_wide and kind.channels > 1 and image.format != "PNG")
    if not kind.channels or is_unknown:
        raise InputError(f"{name_of(file)}: is a picture of {image.mode} pixels, which cannot be read exactly; save it as TIFF")
    _require(file, size, kind, wanted, has_opacity=kind.channels in (2, 4))
    if is_wide and kind.channels > 1:
        bytes_of = _bytes_of_gray if is_gray else _bytes_of_colors
        first, second = bytes_of(file, raw, orientation)
        return _without_opacity(first.astype(np.uint16) << 8 | second, wanted, file)
    image.load()
    array = np.asarray(upright(image.convert("L") if mode == "1" else image, orientation))
    array = array.reshape(*array.shape[:2], -1)[..., : kind.channels]
    return _without_opacity(array, wanted, file).astype(wanted.dtype)


def _bytes_of_colors(file: File, raw: str, orientation: int) -> tuple[np.ndarray, np.ndarray]:
    """First and second byte of each channel of a PNG of 16 bits, uint8 `(height, width, channels)`: Pillow decodes either."""
    return tuple(_decoded(file, raw.replace(";16B", byte), orientation) for byte in (";16B", ";16L"))


def _bytes_of_gray(file: File, raw: str, orientation: int) -> tuple[np.ndarray, np.ndarray]:
    """The same of gray with opacity, whose four bytes a pixel are decoded as if they were four channels."""
    found = _decoded(file, "RGBA", orientation)
    return found[..., ::2], found[..., 1::2]


def _decoded(file: File, raw: str, orientation: int) -> np.ndarray:
    """Pixels of a PNG whose bytes are taken for `raw`, one of Pillow's names of layouts."""

    def read(image: Image.Image) -> np.ndarray:
        image.tile = [tile._replace(args=raw) for tile in image.tile]
        image.load()
        return np.asarray(upright(image, orientation))

    return with_picture(file, read)


def _require(file: File, size: tuple[int, int], kind: _Kind, wanted: _Kind, has_opacity: bool = False) -> None:
    """Raises `InputError` unless a file is of the kind that is wanted, or that and opacity, and within the limit of pixels."""
    height, width = size
    if not height or not width:
        raise InputError(f"{name_of(file)}: has no pixels ({width}x{height}); replace the file")
    if height * width > max_pixels():
        raise too_many_pixels(name_of(file), f" ({width}x{height})", max_pixels())
    channels = (wanted.channels, wanted.channels + 1) if has_opacity else (wanted.channels,)
    if kind.dtype != wanted.dtype or kind.channels not in channels:
        raise InputError(f"{name_of(file)}: holds {kind}, where {wanted} are expected; convert the file, or set what it holds")


def _without_opacity(array: np.ndarray, wanted: _Kind, file: File) -> np.ndarray:
    if array.shape[2] == wanted.channels:
        return array
    if (array[..., -1] != np.iinfo(array.dtype).max).any():
        raise InputError(
            f"{name_of(file)}: has transparent pixels beside its {wanted.channels} channels; save it without transparency, or "
            f"expect {wanted.channels + 1} channels"
        )
    return array[..., :-1]


def _damaged(file: File, error: Exception) -> InputError:
    text = getattr(error, "strerror", None) or " ".join(str(error).split())[:120] or type(error).__name__
    return InputError(f"{name_of(file)}: cannot be decoded, it is damaged or cut off ({text}); replace the file")
