"""What a file of a label or instance map holds, before it is decided what that means."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from .chunks import is_lossless_webp
from .errors import InputError
from .orientation import orientation_of
from .pictures import File, name_of, require_one_page, require_plain_bmp
from .tiffs import further_samples, tiff_bits

MAX_ID = 65535
"""The largest id of a label or instance map, which is the largest number in a 16-bit PNG."""

_GRAY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L", "F")
_COLOR_MODES = ("RGB", "RGBA", "LA")
_EXACT_FORMATS = ("PNG", "TIFF", "BMP", "PPM", "GIF", "WEBP")
_TIFF_BITS, _TIFF_COMPRESSION, _TIFF_PHOTOMETRIC, _TIFF_SAMPLE_FORMAT = 258, 259, 262, 339
_LOSSY_TIFF = {6: "JPEG", 7: "JPEG", 34712: "JPEG 2000", 50001: "WebP"}


class MapPixels(NamedTuple):
    """The pixels of a map file.

    Attributes:
        values: int32 `(height, width)`, gray values or the indices of a palette, as stored; None for a picture of colours.
        bits: of a gray value: 1, 2, 4, 8 or 16.
        white_is_zero: whether gray values grow from white to black.
        palette: uint8 `(entries, 4)`, red, green, blue and opacity of each index; None without a palette.
        colors: uint8 `(height, width, 3)`, opaque; None for gray and palettes.
    """

    values: np.ndarray | None = None
    bits: int = 8
    white_is_zero: bool = False
    palette: np.ndarray | None = None
    colors: np.ndarray | None = None


def read_pixels(image: Image.Image, file: File) -> MapPixels:
    """Decodes an opened map.

    Raises:
        InputError: the file may hold other numbers than were meant: it is compressed with loss, turned, transparent, of several
            pages, or of a kind that cannot be read exactly; or ids are outside 0..65535.
    """
    require_exact(image, file)
    if image.mode in _COLOR_MODES:
        return MapPixels(colors=_opaque_colors(image, file))
    if image.mode == "P":
        image.load()
        return MapPixels(np.asarray(image).astype(np.int32), palette=_palette(image))
    values, bits, white_is_zero = _netpbm(image, file) if image.format == "PPM" else _gray(image, file)
    if values.min() < 0 or values.max() > MAX_ID:
        raise InputError(
            f"{name_of(file)}: holds ids {values.min():.0f}..{values.max():.0f}; ids must be within 0..{MAX_ID}: renumber them"
        )
    return MapPixels(values.astype(np.int32), bits, white_is_zero)


def require_exact(image: Image.Image, file: File) -> None:
    """Raises `InputError` where an opened file cannot hold a map exactly, as far as its header says; reads no pixels."""
    name, raw = name_of(file), raw_mode(image)
    if image.format in ("JPEG", "MPO"):
        raise InputError(f"{name}: is a JPEG file, whose compression changes ids; save label and instance maps as PNG")
    loss = _LOSSY_TIFF.get(image.tag_v2.get(_TIFF_COMPRESSION)) if image.format == "TIFF" else None
    if loss or (image.format == "WEBP" and not is_lossless_webp(_content(file))):
        kind = f"TIFF file compressed as {loss}" if loss else "lossy WebP file"
        raise InputError(f"{name}: is a {kind}, which changes ids; save label and instance maps as PNG")
    if image.format not in _EXACT_FORMATS:
        raise InputError(f"{name}: is a {image.format} file, which may change ids; save label and instance maps as PNG")
    require_one_page(image, file)
    require_plain_bmp(image, file)
    if image.mode not in (*_GRAY_MODES, *_COLOR_MODES, "P") or (image.mode == "F" and image.format != "TIFF"):
        raise InputError(
            f"{name}: is a picture of {image.mode} pixels where ids are expected; save one number per pixel, as a gray (8 or "
            "16 bit) or palette PNG"
        )
    if further_samples(image) > 0:
        raise InputError(
            f"{name}: is a TIFF file with {further_samples(image)} samples per pixel beside its {image.mode} pixels, so it is "
            "unclear which are ids; save one number per pixel, as a gray PNG of 8 or 16 bits"
        )
    if image.mode in _COLOR_MODES and (";16" in raw or tiff_bits(image) > 8 or netpbm_maximum(image) != 255):
        raise InputError(
            f"{name}: is a colour picture of other than 8 bits per channel, which cannot be read exactly; save one number per "
            "pixel, as a gray PNG of 8 or 16 bits"
        )
    orientation = orientation_of(image)
    if orientation != 1:
        raise InputError(
            f"{name}: has the EXIF orientation {orientation} (or XMP's), so it is unclear which way up its ids are; turn the map "
            "to lie as its photo is shown, and save it without metadata"
        )


def is_plain(image: Image.Image) -> bool:
    """Whether an opened map is of a kind in which every pixel is an id, so that none needs to be looked at."""
    return image.format == "PNG" and image.mode in ("1", "L", "P", "I;16")


def is_gray(image: Image.Image) -> bool:
    """Whether an opened map has one number per pixel and no palette."""
    return image.mode in _GRAY_MODES


def is_white_zero(image: Image.Image) -> bool:
    """Whether the numbers of an opened gray TIFF grow from white to black."""
    return image.format == "TIFF" and image.tag_v2.get(_TIFF_PHOTOMETRIC) == 0


def gray_bits(image: Image.Image) -> int:
    """Bits of an opened gray picture: 1, 2, 4, 8, or 16 for all that are wider; call it before the pixels are loaded."""
    raw = raw_mode(image)
    if image.mode == "1":
        return 1
    return int(raw[2]) if raw.startswith(("L;2", "L;4")) else 8 if image.mode == "L" else 16


def _gray(image: Image.Image, file: File) -> tuple[np.ndarray, int, bool]:
    tags = image.tag_v2 if image.format == "TIFF" else {}
    bits, inverted = gray_bits(image), is_white_zero(image)
    signed = image.mode == "L" and tags.get(_TIFF_SAMPLE_FORMAT, (1,))[0] == 2
    image.load()
    values = np.asarray(image)
    if image.mode == "F":
        whole = np.isfinite(values) & (values == np.rint(values))
        if not whole.all():
            raise InputError(
                f"{name_of(file)}: holds {values[~whole][0]:g}, but ids are whole numbers; save ids, not measurements"
            )
    elif image.mode in ("1", "L"):
        # Pillow spreads 2- and 4-bit gray over 0..255, and turns numbers around that grow from white to black.
        spread = {2: 85, 4: 17}.get(bits, 1)
        values = values.astype(np.int32)
        values = ((1 if bits == 1 else 255) - values if inverted else values) // spread
    if signed:
        values = np.where(values > 127, values - 256, values)
    return values, bits, inverted and image.mode != "F"


def _netpbm(image: Image.Image, file: File) -> tuple[np.ndarray, int, bool]:
    """The numbers of a PGM or PBM file, which Pillow scales by the highest that the header allows."""
    highest, tile = netpbm_maximum(image), image.tile[0]
    if image.mode == "1":
        image.load()
        return 1 - np.asarray(image).astype(np.int32), 1, True
    image.fp.seek(tile.offset)
    count = image.width * image.height
    if tile.codec_name == "ppm_plain":
        lines = image.fp.read().split(b"\n")
        numbers = b" ".join(line.split(b"#")[0] for line in lines).split()[:count]
        values = np.array(numbers, dtype=object).astype(np.int64)
    else:
        dtype = np.dtype(">u2" if highest > 255 else np.uint8)
        values = np.frombuffer(image.fp.read(count * dtype.itemsize), dtype)
    if values.size < count:
        raise EOFError(f"{values.size} of {count} pixels")
    if values.max() > highest:
        raise InputError(f"{name_of(file)}: holds {values.max()}, but its header allows 0..{highest}; write the file anew")
    return values.reshape(image.height, image.width), 16 if highest > 255 else 8, False


def netpbm_maximum(image: Image.Image) -> int:
    """The highest number that the header of a PGM or PPM file allows; 255 for other pictures and for PBM."""
    if image.format != "PPM" or image.mode == "1":
        return 255
    args = image.tile[0].args
    return args[1] if isinstance(args, tuple) else 65535 if args.startswith("I;16") else 255


def _opaque_colors(image: Image.Image, file: File) -> np.ndarray:
    key = image.info.get("transparency")
    image.load()
    pixels = np.asarray(image)
    colors = np.repeat(pixels[..., :1], 3, axis=2) if image.mode == "LA" else pixels[..., :3]
    see_through = (colors == key).all(axis=2) if image.mode == "RGB" and key is not None else pixels[..., -1] < 255
    if (image.mode != "RGB" or key is not None) and see_through.any():
        bitmasks = " (BDD100K's bitmasks: prepare them with `tfhd train prepare bdd100k`)" if image.mode == "RGBA" else ""
        raise InputError(
            f"{name_of(file)}: {np.count_nonzero(see_through)} of its pixels are transparent, so it is unclear what they mean; "
            f"save the map without transparency{bitmasks}"
        )
    return colors


def _palette(image: Image.Image) -> np.ndarray:
    entries = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    opacity, given = np.full((len(entries), 1), 255, np.uint8), image.info.get("transparency")
    if isinstance(given, bytes):
        opacity[: len(given), 0] = list(given)[: len(entries)]
    elif given is not None and given < len(entries):
        opacity[given] = 0
    return np.concatenate([entries, opacity], axis=1)


def raw_mode(image: Image.Image) -> str:
    """How an opened picture's file stores its pixels, by Pillow's names."""
    args = image.tile[0].args if image.tile else ""
    return str(args[0] if isinstance(args, tuple) else args)


def _content(file: File) -> io.BytesIO:
    if isinstance(file, bytes):
        return io.BytesIO(file)
    return io.BytesIO(Path(file).read_bytes())
