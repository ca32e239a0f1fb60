from __future__ import annotations

import io
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.picture_files import encoded, palette_png, png_chunk
from tfhd.pictures import write_picture
from tfhd_client import InputError, read_picture


def noise(channels: int, dtype: str, height: int = 6, width: int = 5) -> np.ndarray:
    most = np.iinfo(dtype).max
    array = np.random.default_rng(channels).integers(0, most + 1, (height, width, channels)).astype(dtype)
    array[0, 0], array[0, 1] = 0, most
    return array


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def tiff(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def saved(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def refusal(file: bytes | Path, channels: int = 3, dtype: str = "uint8") -> str:
    with pytest.raises(InputError) as caught:
        read_picture(file, channels, dtype)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_what_is_written_is_read_number_for_number(tmp_path: Path, suffix: str, channels: int, dtype: str) -> None:
    picture = noise(channels, dtype)
    write_picture(tmp_path / f"a{suffix}", picture)
    found = read_picture(tmp_path / f"a{suffix}", channels, dtype)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, picture)
    np.testing.assert_array_equal(read_picture((tmp_path / f"a{suffix}").read_bytes(), channels, dtype), picture)


def test_every_filter_of_a_png_of_16_bits_is_undone() -> None:
    """Rows filtered by Sub, Up, Average and Paeth, whose arithmetic is on the six bytes of a pixel."""
    picture = noise(3, "uint16", 5, 7)
    rows, filtered = picture.astype(">u2").reshape(5, -1).view(np.uint8).astype(int), []
    above = np.zeros_like(rows[0])
    for kind, row in enumerate(rows):
        left, corner = (np.concatenate([np.zeros(6, int), line[:-6]]) for line in (row, above))
        guess = left + above - corner
        distances = np.abs([guess - left, guess - above, guess - corner])
        paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
        predicted = [np.zeros_like(row), left, above, (left + above) // 2, paeth][kind]
        filtered.append(bytes([kind]) + ((row - predicted) % 256).astype(np.uint8).tobytes())
        above = row

    header = struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"".join(filtered)))
    np.testing.assert_array_equal(read_picture(data + png_chunk(b"IEND", b""), 3, "uint16"), picture)


@pytest.mark.parametrize("options", [{}, {"photometric": "minisblack", "planarconfig": "separate"}, {"compression": "zlib"}])
def test_a_stack_of_pages_is_channels(options: dict) -> None:
    picture = noise(5, "uint16")
    file = tiff(np.moveaxis(picture, -1, 0), **options)
    np.testing.assert_array_equal(read_picture(file, 5, "uint16"), picture)


def test_interleaved_channels_and_stacks_of_imagej_are_read() -> None:
    picture = noise(5, "uint16")
    interleaved = tiff(picture, photometric="minisblack", planarconfig="contig")
    imagej = tiff(np.moveaxis(picture, -1, 0), imagej=True, metadata={"axes": "ZYX"})
    for file in (interleaved, imagej):
        np.testing.assert_array_equal(read_picture(file, 5, "uint16"), picture)


def test_compressed_tiff_files_are_read_as_far_as_pillow_reads_them() -> None:
    picture = noise(3, "uint8")
    for array in (picture, picture[..., 0], noise(1, "uint16")[..., 0]):
        file = encoded(array, "TIFF", compression="tiff_lzw")
        found = read_picture(file, 3 if array.ndim == 3 else 1, array.dtype)
        np.testing.assert_array_equal(found, array.reshape(found.shape))


def test_a_tiff_file_reads_no_other_file(tmp_path: Path) -> None:
    """OME's metadata name the files of a stack."""
    picture = noise(2, "uint16")
    stack = np.moveaxis(picture, -1, 0)
    tifffile.imwrite(tmp_path / "a.ome.tif", stack, metadata={"axes": "CYX"})
    np.testing.assert_array_equal(read_picture(tmp_path / "a.ome.tif", 2, "uint16"), picture)


def test_big_endian_numbers_and_arrays_in_fortran_order_are_the_same() -> None:
    picture = noise(2, "uint16")
    for array in (picture.astype(">u2"), np.asfortranarray(picture)):
        np.testing.assert_array_equal(read_picture(npy(array), 2, "uint16"), picture)
    np.testing.assert_array_equal(read_picture(npy(picture[..., 0]), 1, "uint16"), picture[..., :1])
    np.testing.assert_array_equal(read_picture(tiff(picture[..., 0], byteorder=">"), 1, "uint16"), picture[..., :1])


def test_opacity_is_left_out_where_all_is_opaque_and_only_there() -> None:
    picture = noise(3, "uint8")
    opaque = np.concatenate([picture, np.full_like(picture[..., :1], 255)], axis=2)
    np.testing.assert_array_equal(read_picture(encoded(opaque), 3, "uint8"), picture)
    np.testing.assert_array_equal(read_picture(tiff(opaque, photometric="rgb"), 3, "uint8"), picture)
    opaque[2, 2, 3] = 254
    assert "transparent pixels beside its 3 channels" in refusal(encoded(opaque))
    assert read_picture(encoded(opaque), 4, "uint8")[2, 2, 3] == 254


def test_a_palette_is_its_colours_and_a_turned_photo_is_upright() -> None:
    colors = [(10, 20, 30), (200, 100, 0)]
    found = read_picture(palette_png([[0, 1], [1, 0]], colors), 3, "uint8")
    np.testing.assert_array_equal(found, np.array(colors)[[[0, 1], [1, 0]]])
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = noise(3, "uint8")
    np.testing.assert_array_equal(read_picture(encoded(picture, exif=exif), 3, "uint8"), np.rot90(picture, -1))


def test_what_is_of_another_kind_is_refused() -> None:
    gray, color = noise(1, "uint16"), noise(3, "uint16")
    assert "holds 1 channel of uint16, where 3 channels of uint8 are expected" in refusal(encoded(gray[..., 0]))
    assert "holds 1 channel of uint8, where 1 channel of uint16 are" in refusal(encoded(noise(1, "uint8")[..., 0]), 1, "uint16")
    assert "holds 3 channels of uint16, where 5" in refusal(tiff(color, photometric="rgb"), 5, "uint16")
    assert "holds 1 channel of float32" in refusal(tiff(gray[..., 0].astype(np.float32)), 1, "uint16")
    assert "holds 6 channels of int64" in refusal(npy(np.zeros((4, 4, 6), np.int64)), 6, "uint16")
    assert "of I;16 pixels" not in refusal(encoded(noise(4, "uint8")), 2)
    assert "picture of CMYK pixels, which cannot be read exactly" in refusal(saved(Image.new("CMYK", (4, 4)), "JPEG"), 4)


def test_arrays_of_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    array = np.empty((2, 2), object)
    array[:] = Trap()
    file = npy(array, allow_pickle=True)
    assert "holds Python objects, which could run any code" in refusal(file, 1)
    assert "is not a picture that can be read" in refusal(pickle.dumps(Trap()))
    assert not (tmp_path / "ran").exists()


def test_damaged_files_end_in_one_line() -> None:
    for whole in (npy(noise(3, "uint8")), tiff(noise(3, "uint8"), photometric="rgb"), encoded(noise(3, "uint8"))):
        for length in (9, len(whole) // 2):
            refusal(whole[:length])
    assert "no such file" in refusal(Path("absent.npy"))
    assert "has shape (2, 2, 2, 2)" in refusal(npy(np.zeros((2, 2, 2, 2), np.uint8)))
    assert "has no pixels" in refusal(npy(np.zeros((0, 2, 3), np.uint8)))
    assert "has the axes" in refusal(tiff(np.zeros((2, 5, 4, 4), np.uint8)), 5)
    assert "grow from white to black" in refusal(tiff(noise(1, "uint8")[..., 0], photometric="miniswhite"), 1)
    large = np.lib.format.header_data_from_array_1_0(np.zeros((1, 1, 3), np.uint8)) | {"shape": (10**6, 10**6, 3)}
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, large)
    assert "has more pixels (1000000x1000000) than the limit" in refusal(file.getvalue())
