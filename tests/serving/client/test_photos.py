from __future__ import annotations

import io
import struct
import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.picture_files import encoded, gray_bmp, packed, png, png_chunk, tiff
from tfhd_client import InputError, photo_orientation, read_photo, read_size, verify_photo

RGB = np.arange(8 * 16 * 3, dtype=np.uint8).reshape(8, 16, 3)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _turned(orientation: int, kind: str, array: np.ndarray = RGB) -> bytes:
    options = {"tiffinfo": {274: orientation}} if kind == "TIFF" else {"exif": _exif(orientation)}
    return encoded(array, kind, **options, **({"lossless": True} if kind == "WEBP" else {}))


def _viewed(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("array", [RGB, RGB[:, :8]], ids=["wide", "square"])
def test_photos_are_upright_and_so_are_their_sizes(array: np.ndarray, kind: str, orientation: int) -> None:
    file = _turned(orientation, kind, array)
    photo = read_photo(file)
    np.testing.assert_array_equal(photo, _viewed(file))
    assert read_size(file) == verify_photo(file) == photo.shape[:2]
    assert photo_orientation(file) == orientation


def test_a_photo_that_lies_on_its_side_is_turned_clockwise() -> None:
    np.testing.assert_array_equal(read_photo(_turned(6, "PNG")), np.rot90(RGB, -1))
    np.testing.assert_array_equal(read_photo(_turned(3, "PNG")), RGB[::-1, ::-1])
    np.testing.assert_array_equal(read_photo(_turned(2, "PNG")), RGB[:, ::-1])


def test_an_orientation_behind_the_pixels_of_a_png_counts(tmp_path) -> None:
    file = png(16, 8, 2, [row.tobytes() for row in RGB], behind=png_chunk(b"eXIf", _exif(8).removeprefix(b"Exif\0\0")))
    (tmp_path / "late.png").write_bytes(file)
    for source in (file, tmp_path / "late.png"):
        np.testing.assert_array_equal(read_photo(source), np.rot90(RGB))
        assert read_size(source) == verify_photo(source) == (16, 8)
        assert photo_orientation(source) == 8


@pytest.mark.parametrize("exif", [_exif(0), _exif(9), b"Exif\0\0no TIFF at all", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_senseless_exif_data_neither_turns_nor_refuses_a_photo(exif: bytes) -> None:
    file = encoded(RGB, "PNG", exif=exif)
    np.testing.assert_array_equal(read_photo(file), RGB)
    assert (photo_orientation(file), verify_photo(file)) == (1, (8, 16))


def test_gray_photo_gets_three_equal_channels() -> None:
    np.testing.assert_array_equal(read_photo(encoded(RGB[..., 0])), np.repeat(RGB[..., :1], 3, axis=2))


SIXTEEN = np.array([[0, 255, 256, 257, 32896, 65535]], np.uint16)


@pytest.mark.parametrize(
    "file",
    [
        encoded(SIXTEEN),
        encoded(SIXTEEN, "TIFF"),
        tiff(6, 1, SIXTEEN.astype(">u2").tobytes(), 16, ">"),
        tiff(6, 1, (65535 - SIXTEEN).tobytes(), 16, photometric=0),
        b"P5\n6 1\n65535\n" + SIXTEEN.astype(">u2").tobytes(),
        png(6, 16, 2, [np.repeat(SIXTEEN[0], 3).astype(">u2").tobytes()]),
        tiff(6, 1, np.repeat(SIXTEEN[0], 3).tobytes(), 16, photometric=2, samples=3),
    ],
    ids=["png", "tiff", "big-endian tiff", "white is zero", "pgm", "rgb png", "rgb tiff"],
)
def test_of_16_bits_the_high_byte_counts_whatever_the_file(file: bytes) -> None:
    photo = read_photo(file)
    assert photo.dtype == np.uint8
    np.testing.assert_array_equal(photo[0], np.repeat([[0], [0], [1], [1], [128], [255]], 3, axis=1))


@pytest.mark.parametrize(
    ("file", "gray"),
    [
        (tiff(2, 1, bytes([0x80, 0x0F, 0xFF]), 12), [128, 255]),
        (tiff(4, 1, packed([0, 1, 2, 3], 2), 2), [0, 85, 170, 255]),
        (tiff(4, 1, packed([0, 1, 2, 3], 2), 2, photometric=0), [255, 170, 85, 0]),
        (tiff(2, 1, bytes([0, 250]), 8, photometric=0), [255, 5]),
        (b"P5\n3 1\n100\n" + bytes([0, 50, 100]), [0, 128, 255]),
        (b"P5\n3 1\n4095\n" + struct.pack(">3H", 0, 2048, 4095), [0, 128, 255]),
    ],
    ids=["12 bits", "2 bits", "2 bits, white is zero", "8 bits, white is zero", "pgm of 100", "pgm of 4095"],
)
def test_gray_photos_of_other_ranges_are_spread(file: bytes, gray: list[int]) -> None:
    np.testing.assert_array_equal(read_photo(file)[0, :, 0], gray)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (encoded(np.zeros((2, 2), np.float32), "TIFF"), "is a floating-point picture"),
        (encoded(np.zeros((2, 2), np.int32), "TIFF"), "is a signed or 32-bit picture"),
        (tiff(2, 1, struct.pack("<hh", 1, -5), 16, sample_format=2), "is a signed or 32-bit picture"),
        (tiff(2, 1, struct.pack("<bb", 1, -5), 8, sample_format=2), "is a signed or 32-bit picture"),
        (gray_bmp(4, range(16), [0, 1, 9, 15]), "is a gray BMP file of 4 bits"),
        (tiff(1, 1, bytes(8), 64, sample_format=3), "is a TIFF file of a kind that cannot be read"),
    ],
    ids=["float", "int32", "int16", "int8", "bmp", "float64"],
)
def test_photos_of_numbers_whose_range_is_unknown_are_refused(file: bytes, message: str) -> None:
    for read in (read_photo, verify_photo):
        with pytest.raises(InputError, match=f"the picture: {message}.*; save"):
            read(file)


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG", "WEBP"])
def test_photos_of_several_pages_are_refused(kind: str) -> None:
    file = encoded(RGB, kind, save_all=True, append_images=[Image.fromarray(255 - RGB)])
    for read in (read_photo, verify_photo):
        with pytest.raises(InputError, match="holds 2 pictures, of which one must be meant"):
            read(file)


def test_of_a_phones_jpeg_with_a_second_picture_the_first_is_the_photo() -> None:
    file = encoded(RGB, "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))])
    assert read_photo(file).shape == (8, 16, 3)
    assert verify_photo(file) == (8, 16)


def test_transparent_and_palette_photos_keep_their_colours(tmp_path) -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (4, 4, 4), np.uint8)
    np.testing.assert_array_equal(read_photo(encoded(rgba)), rgba[:, :, :3])
    palette = Image.new("P", (1, 1), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.save(tmp_path / "palette.png", transparency=bytes([255, 128]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_photo(tmp_path / "palette.png"), [[[10, 20, 30]]])
