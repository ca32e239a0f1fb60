"""Opens picture files: what Pillow raises becomes one line that helps, and pictures stay below a limit of pixels."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image, UnidentifiedImageError

from .chunks import without_texts
from .errors import InputError
from .tiffs import mend_tiff

File = str | os.PathLike | bytes
"""A picture file: its path or its bytes."""
Result = TypeVar("Result")

PIXELS_VARIABLE = "TFHD_MAX_PIXELS"
"""The environment variable that raises or lowers the limit of pixels."""

DEFAULT_MAX_PIXELS = 178_956_970
"""What Pillow allows at most: a photo of so many pixels takes 0.5 GB."""

_UNREADABLE_TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def with_picture(file: File, read: Callable[[Image.Image], Result]) -> Result:
    """Opens a picture and returns what `read` makes of it; a PNG's text and colour profile are left out if they are too large.

    Args:
        file: path or bytes.
        read: gets the picture, of which Pillow has read the header alone.

    Raises:
        InputError: the file cannot be read, is damaged, or has more pixels than the limit; or `read` raises it.
    """
    name = name_of(file)
    if not isinstance(file, bytes) and os.path.exists(file) and not os.path.isfile(file):
        raise InputError(f"{name}: is a folder, pipe or device, not a picture file; check the path")
    try:
        try:
            return _open(io.BytesIO(file) if isinstance(file, bytes) else file, name, read)
        except ValueError as error:
            if "MAX_TEXT" not in str(error):
                raise
            stripped = without_texts(file if isinstance(file, bytes) else Path(file).read_bytes())
            return _open(io.BytesIO(stripped), name, read)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{name}: no such file; check the path") from None
    except UnidentifiedImageError:
        raise InputError(f"{name}: {_why_unidentified(file)}") from None
    except Image.DecompressionBombError:
        raise too_many_pixels(name, "", max_pixels()) from None
    # Damaged files make Pillow's decoders raise any of these.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise InputError(f"{name}: {_why_failed(error)}") from None


def name_of(file: File) -> str:
    """A file's name for messages."""
    return "the picture" if isinstance(file, bytes) else os.fspath(file)


def require_one_page(image: Image.Image, file: File) -> None:
    """Raises `InputError` where a file holds several pictures; of what phones add to a JPEG (MPO), the first is the photo."""
    pages = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if pages > 1:
        raise InputError(f"{name_of(file)}: holds {pages} pictures, of which one must be meant; save that alone, as PNG")


def require_plain_bmp(image: Image.Image, file: File) -> None:
    """Raises `InputError` for the gray BMP files that Pillow misreads: it takes the bits per pixel from the palette's size."""
    if image.format != "BMP" or image.mode not in ("1", "L"):
        return
    image.fp.seek(14)
    (header,) = struct.unpack("<I", image.fp.read(4))
    image.fp.seek(24 if header == 12 else 28)
    (bits,) = struct.unpack("<H", image.fp.read(2))
    if bits != (1 if image.mode == "1" else 8):
        raise InputError(f"{name_of(file)}: is a gray BMP file of {bits} bits, which cannot be read exactly; save it as PNG")


def max_pixels() -> int:
    """The most pixels that a picture may have; raises `InputError` where the environment variable holds no such number."""
    text = os.environ.get(PIXELS_VARIABLE, "").strip()
    if not text:
        return DEFAULT_MAX_PIXELS
    if not text.isdecimal() or int(text) == 0:
        raise InputError(f"{PIXELS_VARIABLE} is {text!r} in the environment; it must be a number of pixels, such as 400000000")
    return int(text)


def _open(source: str | os.PathLike | io.BytesIO, name: str, read: Callable[[Image.Image], Result]) -> Result:
    limit = max_pixels()
    if limit > DEFAULT_MAX_PIXELS and Image.MAX_IMAGE_PIXELS is not None:
        # Pillow has this one switch, for the whole process; it is touched only where the user asked for more.
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, limit)
    with Image.open(source) as image:
        if image.width * image.height > limit:
            raise too_many_pixels(name, f" ({image.width}x{image.height})", limit)
        mend_tiff(image, name)
        return read(image)


def too_many_pixels(name: str, size: str, limit: int) -> InputError:
    """The error of a picture that is larger than the limit; `size` is a text, or empty."""
    return InputError(
        f"{name}: has more pixels{size} than the limit of {limit}; make it smaller, or set {PIXELS_VARIABLE} in the environment "
        "to a larger number if memory allows"
    )


def _why_unidentified(file: File) -> str:
    if isinstance(file, bytes):
        start = file[:4]
    else:
        with open(file, "rb") as opened:
            start = opened.read(4)
    if start in _UNREADABLE_TIFFS:
        return "is a TIFF file of a kind that cannot be read (bits, sample format or compression); save it as PNG"
    return "is not a picture that can be read; replace the file"


def _why_failed(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if getattr(error, "strerror", None):  # the system's errors have one, those of decoders have none
        return f"cannot be read ({error.strerror}); check the file and its permissions"
    if "raw mode" in text:
        return f"is of a kind that cannot be read ({text}); save it as PNG"
    if "MAX_TEXT" in text:
        return "has metadata (XMP) of more than 1 MB; save it without, for instance with `exiftool -xmp:all=`"
    return f"cannot be decoded, it is damaged or cut off ({text}); replace the file"
