from __future__ import annotations

import io
import re
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfhd.graph.photos import decode_photos
from tfhd.graph.png import decode_ids
from tfhd_client import photo_orientation, read_photo

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (16, 24, 3), np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def wide(channels: int) -> bytes:
    return tf.io.encode_png(RANDOM.integers(0, 65536, (16, 24, channels)).astype(np.uint16)).numpy()


RGB = Image.fromarray(PIXELS)
SMOOTH = Image.fromarray(PIXELS[:4, :6]).resize((24, 16))
KINDS = {
    "RGB": saved(RGB),
    "gray": saved(RGB.convert("L")),
    "1 bit": saved(RGB.convert("1")),
    "gray with alpha": saved(RGB.convert("LA")),
    "RGB with alpha": saved(RGB.convert("RGBA")),
    "palette": saved(RGB.quantize(16)),
    "palette with a transparent colour": saved(RGB.quantize(16), transparency=3),
    "RGB with a transparent colour": saved(RGB, transparency=(1, 2, 3)),
    "16-bit gray": wide(1),
    "16-bit gray with alpha": wide(2),
    "16-bit RGB": wide(3),
    "16-bit RGB with alpha": wide(4),
    "JPEG": saved(SMOOTH, "JPEG"),
    "progressive JPEG": saved(SMOOTH, "JPEG", progressive=True, subsampling=0),
    "gray JPEG": saved(SMOOTH.convert("L"), "JPEG"),
    "CMYK JPEG": saved(SMOOTH.convert("CMYK"), "JPEG"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_photos_are_decoded_as_the_client_reads_them(kind: str) -> None:
    found = tf.function(decode_photos)(tf.constant([KINDS[kind]] * 2), "image_bytes")
    assert found.dtype == tf.uint8
    for photo in found:
        np.testing.assert_array_equal(photo, read_photo(KINDS[kind]))


def exif(orientation: int, order: str) -> bytes:
    """An EXIF block that gives the orientation alone, high (>) or low (<) byte first."""
    mark = b"MM" if order == ">" else b"II"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + mark + struct.pack(f"{order}HIH", 42, 8, 1) + entry + bytes(4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_that_are_not_upright_are_refused(kind: str, order: str, orientation: int) -> None:
    file = saved(SMOOTH, kind, exif=exif(orientation, order))
    assert photo_orientation(file) == orientation
    if orientation == 1:
        np.testing.assert_array_equal(tf.function(decode_photos)(tf.constant([file]), "image_bytes")[0], read_photo(file))
        return
    with pytest.raises(tf.errors.InvalidArgumentError, match="image_bytes number 1 has an EXIF orientation other than upright"):
        tf.function(decode_photos)(tf.constant([KINDS["RGB"], file]), "image_bytes")


def test_an_orientation_in_xmp_is_found_too() -> None:
    text = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    file = saved(SMOOTH, "JPEG", xmp=text)
    assert photo_orientation(file) == 6
    with pytest.raises(tf.errors.InvalidArgumentError, match="image_bytes number 0 has an EXIF orientation"):
        tf.function(decode_photos)(tf.constant([file]), "image_bytes")


def test_a_batch_may_mix_kinds() -> None:
    kinds = ["16-bit RGB", "JPEG", "palette", "RGB"]
    found = tf.function(decode_photos)(tf.constant([KINDS[kind] for kind in kinds]), "image_bytes")
    np.testing.assert_array_equal(found, [read_photo(KINDS[kind]) for kind in kinds])


def black_png(width: int, height: int, colour_type: int) -> bytes:
    """A PNG that says it is this large, and has the pixels of its first rows alone."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("decode", "colour_type"), [(decode_photos, 2), (decode_ids, 0)])
@pytest.mark.parametrize(("count", "width", "height"), [(1, 8193, 8192), (1, 2**31 - 1, 2**31 - 1), (3, 8192, 4096)])
def test_more_pixels_than_fit_into_memory_are_refused_before_they_are_decoded(
    decode, colour_type: int, count: int, width: int, height: int
) -> None:
    message = re.escape("image_bytes: the batch has more than 67108864 pixels; send fewer or smaller pictures at a time")
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.function(decode)(tf.constant([black_png(width, height, colour_type)] * count), "image_bytes")


@pytest.mark.parametrize("kind", ["RGB", "16-bit RGB", "JPEG"])
def test_a_photo_that_is_cut_off_is_refused(kind: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?i)png|jpeg"):
        tf.function(decode_photos)(tf.constant([KINDS[kind][:-60]]), "image_bytes")
