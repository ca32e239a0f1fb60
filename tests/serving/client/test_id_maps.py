from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from tests.picture_files import encoded, gray_bmp, packed, palette_png, png, png_chunk, tiff
from tfhd_client import InputError, LabelClasses, read_ids, read_labels, verify_ids

IDS_8 = np.array([[0, 1, 7], [128, 254, 255]], np.uint8)
IDS_16 = np.array([[0, 255, 26001], [32767, 32768, 65535]], np.uint16)
ANY_ID = LabelClasses("any", ("all",), (tuple(range(65536)),), ((1, 2, 3),))
READERS = [read_ids, lambda file: read_labels(file, ANY_ID)]
each_reader = pytest.mark.parametrize("read", READERS, ids=["instances", "labels"])


@each_reader
@pytest.mark.parametrize("ids", [IDS_8, IDS_16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_gray_ids_come_back_exactly(read, ids, kind) -> None:
    found = read(encoded(ids, kind))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, ids)
    assert verify_ids(encoded(ids, kind)) == ids.shape


EXACT = {
    "16-bit big-endian TIFF": (tiff(2, 1, struct.pack(">HH", 3, 60000), 16, ">"), [3, 60000]),
    "12-bit TIFF": (tiff(2, 1, bytes([0x00, 0x3F, 0xFF]), 12), [3, 4095]),
    "signed 8-bit TIFF": (tiff(2, 1, struct.pack("<bb", 3, 127), 8, sample_format=2), [3, 127]),
    "signed 16-bit TIFF": (tiff(2, 1, struct.pack("<hh", 3, 700), 16, sample_format=2), [3, 700]),
    "32-bit TIFF": (tiff(2, 1, struct.pack("<II", 3, 65535), 32, sample_format=1), [3, 65535]),
    "signed 32-bit TIFF": (tiff(2, 1, struct.pack("<ii", 3, 65535), 32, sample_format=2), [3, 65535]),
    "float TIFF": (tiff(2, 1, struct.pack("<ff", 3, 700), 32, sample_format=3), [3, 700]),
    "compressed TIFF": (encoded(np.array([[3, 700]], np.uint16), "TIFF", compression="tiff_lzw"), [3, 700]),
    "PGM of 1": (b"P5\n3 1\n1\n" + bytes([0, 1, 1]), [0, 1, 1]),
    "PGM of 33": (b"P5\n3 1\n33\n" + bytes([0, 16, 33]), [0, 16, 33]),
    "PGM of 255": (b"P5\n3 1\n255\n" + bytes([0, 16, 255]), [0, 16, 255]),
    "PGM of 1000": (b"P5\n3 1\n1000\n" + struct.pack(">3H", 0, 700, 1000), [0, 700, 1000]),
    "PGM of 65535": (b"P5\n3 1\n65535\n" + struct.pack(">3H", 0, 700, 65535), [0, 700, 65535]),
    "text PGM": (b"P2\n# ids\n3 1\n1000\n0 700 # of a car\n1000\n", [0, 700, 1000]),
    "gray RGB": (encoded(np.array([[[7, 7, 7], [9, 9, 9]]], np.uint8)), [7, 9]),
    "opaque LA": (encoded(np.array([[[7, 255], [9, 255]]], np.uint8)), [7, 9]),
    "opaque RGBA": (encoded(np.array([[[7, 7, 7, 255], [9, 9, 9, 255]]], np.uint8)), [7, 9]),
    "lossless WebP": (encoded(np.array([[[7, 7, 7], [9, 9, 9]]], np.uint8), "WEBP", lossless=True), [7, 9]),
    "WebP with metadata": (
        encoded(np.array([[[7, 7, 7], [9, 9, 9]]], np.uint8), "WEBP", lossless=True, icc_profile=b"odd"),
        [7, 9],
    ),
    "8-bit BMP": (encoded(np.array([[7, 9]], np.uint8), "BMP"), [7, 9]),
}


@each_reader
@pytest.mark.parametrize("kind", EXACT)
def test_ids_are_read_as_stored_whatever_the_file(read, kind) -> None:
    file, ids = EXACT[kind]
    np.testing.assert_array_equal(read(file), [ids])
    assert verify_ids(file) == (1, len(ids))


def _turned(orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": {274: orientation}} if kind == "TIFF" else {"exif": exif.tobytes()}
    return encoded(IDS_8, kind, **options)


COLORS = np.array([[[7, 7, 9], [9, 9, 9]]], np.uint8)
PAGES = {"save_all": True, "append_images": [Image.fromarray(255 - IDS_8)]}
REFUSED = {
    "JPEG": (encoded(IDS_8, "JPEG"), "is a JPEG file, whose compression changes ids; save .* as PNG"),
    "JPEG in TIFF": (encoded(IDS_8, "TIFF", compression="jpeg"), "is a TIFF file compressed as JPEG, which changes ids"),
    "lossy WebP": (encoded(COLORS, "WEBP", quality=100), "is a lossy WebP file, which changes ids; save"),
    "lossy WebP with metadata": (encoded(COLORS, "WEBP", icc_profile=b"odd"), "is a lossy WebP file"),
    "JPEG 2000": (encoded(np.zeros((32, 32), np.uint8), "JPEG2000"), "is a JPEG2000 file, which may change ids"),
    "16-bit RGB PNG": (png(2, 16, 2, [bytes(12)]), "is a colour picture of other than 8 bits per channel, .*save one number"),
    "16-bit RGBA PNG": (png(2, 16, 6, [bytes(16)]), "is a colour picture of other than 8 bits"),
    "16-bit LA PNG": (png(2, 16, 4, [bytes(8)]), "is a colour picture of other than 8 bits"),
    "16-bit RGB TIFF": (tiff(1, 1, bytes(6), 16, photometric=2, samples=3), "is a colour picture of other than 8 bits"),
    "PPM of 1000": (b"P6\n1 1\n1000\n" + bytes(6), "is a colour picture of other than 8 bits"),
    "PPM of 100": (b"P6\n1 1\n100\n" + bytes(3), "is a colour picture of other than 8 bits"),
    "transparent RGBA": (
        encoded(np.array([[[7, 7, 7, 255], [9, 9, 9, 254]]], np.uint8)),
        "1 of its pixels are transparent, .* train prepare bdd100k",
    ),
    "transparent LA": (encoded(np.array([[[7, 255], [9, 0]]], np.uint8)), "1 of its pixels are transparent"),
    "transparent colour": (
        png(2, 8, 2, [bytes([7, 7, 7, 9, 9, 9])], png_chunk(b"tRNS", bytes([0, 9] * 3))),
        "1 of its pixels are transparent",
    ),
    "CMYK": (tiff(1, 1, bytes(4), 8, photometric=5, samples=4), "is a picture of CMYK pixels where ids are expected"),
    "two pages of TIFF": (encoded(IDS_8, "TIFF", **PAGES), "holds 2 pictures, of which one must be meant"),
    "animated PNG": (encoded(IDS_8, "PNG", **PAGES), "holds 2 pictures, of which one must be meant"),
    "negative": (tiff(2, 1, struct.pack("<hh", 3, -5), 16, sample_format=2), r"holds ids -5\.\.3; ids must be within 0\.\.65535"),
    "negative of 8 bits": (tiff(2, 1, struct.pack("<bb", 3, -5), 8, sample_format=2), r"holds ids -5\.\.3"),
    "above 65535": (encoded(np.array([[0, 65536]], np.int32), "TIFF"), r"holds ids 0\.\.65536; ids must be within 0\.\.65535"),
    "above 2**31": (tiff(2, 1, struct.pack("<II", 3, 2**32 - 1), 32, sample_format=1), "holds ids -1"),
    "float": (tiff(2, 1, struct.pack("<ff", 3, 2.5), 32, sample_format=3), r"holds 2\.5, but ids are whole numbers"),
    "not a number": (tiff(2, 1, struct.pack("<ff", 3, np.nan), 32, sample_format=3), "holds nan, but ids are whole numbers"),
    "32-bit big-endian": (tiff(1, 1, bytes(4), 32, ">", sample_format=1), "is a TIFF file of a kind that cannot be read"),
    "PGM beyond its range": (b"P5\n2 1\n100\n" + bytes([0, 200]), r"holds 200, but its header allows 0\.\.100"),
    "4-bit gray BMP": (gray_bmp(4, range(16), [0, 1, 9, 15]), "is a gray BMP file of 4 bits, which cannot be read exactly"),
    "8-bit BMP of black and white": (gray_bmp(8, [0, 255], [0, 1, 1, 0]), "is a gray BMP file of 8 bits"),
    **{
        f"{kind} of orientation {number}": (
            _turned(number, kind),
            f"has the EXIF orientation {number} .or XMP's., .*save it without metadata",
        )
        for kind in ("PNG", "TIFF")
        for number in (2, 3, 6)
    },
}


@pytest.mark.parametrize("read", [*READERS, verify_ids], ids=["instances", "labels", "verify"])
@pytest.mark.parametrize("kind", REFUSED)
def test_files_that_may_hold_other_ids_than_were_meant_are_refused(read, kind) -> None:
    file, message = REFUSED[kind]
    with pytest.raises(InputError, match=f"^the picture: {message}") as caught:
        read(file)
    assert "\n" not in str(caught.value)


def test_an_orientation_behind_the_pixels_of_a_map_is_seen() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = png(2, 8, 0, [bytes([1, 2])], behind=png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
    for read in (read_ids, verify_ids):
        with pytest.raises(InputError, match="has the EXIF orientation 6"):
            read(file)


@pytest.mark.parametrize("read", [read_ids, verify_ids])
def test_colours_are_no_instance_ids(read) -> None:
    with pytest.raises(InputError, match=r"is a picture of colours where ids are expected; save one number per pixel, as a gray"):
        read(encoded(COLORS))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_instance_ids_of_few_bits_are_as_stored(bits) -> None:
    values = [0, 1, 2**bits - 1]
    for file in (
        png(3, bits, 0, [packed(values, bits)]),
        tiff(3, 1, packed(values, bits), bits),
        tiff(3, 1, packed(values, bits), bits, photometric=0),
    ):
        np.testing.assert_array_equal(read_ids(file), [values])
        assert verify_ids(file) == (1, 3)


def test_pbm_instance_ids_are_as_stored() -> None:
    np.testing.assert_array_equal(read_ids(b"P4\n4 1\n" + packed([0, 1, 0, 1], 1)), [[0, 1, 0, 1]])


@pytest.mark.parametrize(
    ("palette", "ids"),
    [
        ([(0, 0, 0), (128, 0, 0), (0, 128, 0)], [0, 1, 2]),
        ([(0, 0, 0), (26, 26, 26), (200, 200, 200)], [0, 26, 200]),
        ([(7, 7, 7), (7, 7, 7), (200, 200, 200)], [0, 1, 2]),
    ],
    ids=["colours", "different grays", "equal grays"],
)
def test_instance_palettes_are_indices_unless_they_are_different_grays(palette, ids) -> None:
    file = palette_png([[0, 1, 2]], palette)
    np.testing.assert_array_equal(read_ids(file), [ids])
    assert verify_ids(file) == (1, 3)


def test_palette_files_of_pillow_keep_their_indices() -> None:
    for kind in ("PNG", "TIFF", "BMP"):
        image = Image.frombytes("P", (3, 1), bytes([0, 2, 200]))
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768, np.uint8).tolist())
        file = io.BytesIO()
        image.save(file, kind)
        np.testing.assert_array_equal(read_ids(file.getvalue()), [[0, 2, 200]])
