import warnings

import numpy as np
import pytest
from PIL import Image

from tfhd.errors import InputError
from tfhd_client import read_ids, read_photo

IDS_8 = np.array([[0, 1, 7], [128, 254, 255]], np.uint8)
IDS_16 = np.array([[0, 255, 26001], [32767, 32768, 65535]], np.uint16)


def _save(path, array, mode=None, **options):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def _cut_off(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return path


def _noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("ids", [IDS_8, IDS_16], ids=["8 bit", "16 bit"])
def test_gray_ids_come_back_exactly(tmp_path, ids):
    read = read_ids(_save(tmp_path / "ids.png", ids))
    assert read.dtype == np.int32
    np.testing.assert_array_equal(read, ids)


def test_palette_ids_are_indices_and_not_colours(tmp_path):
    indices = np.array([[0, 1], [2, 200]], np.uint8)
    image = Image.fromarray(indices).convert("P")
    image.putdata(indices.ravel())
    image.putpalette(_noise(768).tolist())
    image.save(tmp_path / "ids.png")
    np.testing.assert_array_equal(read_ids(tmp_path / "ids.png"), indices)


def test_one_bit_ids_are_zero_and_one(tmp_path):
    np.testing.assert_array_equal(read_ids(_save(tmp_path / "ids.png", np.array([[True, False, True]]))), [[1, 0, 1]])


@pytest.mark.parametrize("bits", [2, 4])
def test_packed_gray_ids_are_not_stretched_to_255(tmp_path, bits):
    np.testing.assert_array_equal(read_ids(_write_packed_gray(tmp_path / "ids.png", bits, [0b00_01_10_11])), {
        2: [[0, 1, 2, 3]], 4: [[1, 11]],
    }[bits])  # fmt: skip


def _write_packed_gray(path, bits, row_bytes):
    """Writes one row of 2- or 4-bit gray, which Pillow reads but does not write."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(row_bytes) * 8 // bits, 1, bits, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes([0, *row_bytes]))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_colour_picture_is_refused_as_ids(tmp_path, mode):
    path = _save(tmp_path / "painted.png", _noise(4, 4, 3), mode)
    message = rf"painted\.png: is a picture of {mode} pixels where ids are expected; save .*as a gray .* or palette PNG"
    with pytest.raises(InputError, match=message):
        read_ids(path)


def test_jpeg_is_refused_as_ids(tmp_path):
    with pytest.raises(InputError, match=r"ids\.jpg: is a JPEG file, whose compression changes ids"):
        read_ids(_save(tmp_path / "ids.jpg", _noise(8, 8)))


def test_ids_that_need_more_than_16_bits_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"ids\.tif: holds ids 0\.\.65536; ids must be within 0\.\.65535"):
        read_ids(_save(tmp_path / "ids.tif", np.array([[0, 65536]], np.int32)))


@pytest.mark.parametrize("read", [read_ids, read_photo])
@pytest.mark.parametrize("name", ["picture.png", "picture.tif"])
def test_cut_off_file_is_named(tmp_path, read, name):
    path = _cut_off(_save(tmp_path / name, _noise(64, 64)))
    with pytest.raises(
        InputError, match=r"picture\....: (cannot be decoded, it is damaged or cut off|is not a picture).*replace"
    ):
        read(path)


def test_cut_off_jpeg_is_named(tmp_path):
    with pytest.raises(InputError, match=r"photo\.jpg: cannot be decoded, it is damaged or cut off"):
        read_photo(_cut_off(_save(tmp_path / "photo.jpg", _noise(64, 64, 3))))


@pytest.mark.parametrize("read", [read_ids, read_photo])
def test_absent_file_folder_and_text_are_named(tmp_path, read):
    (tmp_path / "note.png").write_text("not a picture")
    with pytest.raises(InputError, match=r"none\.png: no such file"):
        read(tmp_path / "none.png")
    with pytest.raises(InputError, match=r"note\.png: is not a picture"):
        read(tmp_path / "note.png")
    with pytest.raises(InputError, match=str(tmp_path)):
        read(tmp_path)


def test_what_the_system_refuses_is_not_called_damaged(tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=r"folder\.png: cannot be read \(Is a directory\); check the file and its permissions"):
        read_photo(tmp_path / "folder.png")


def test_gray_photo_gets_three_equal_channels(tmp_path):
    gray = _noise(3, 5)
    np.testing.assert_array_equal(read_photo(_save(tmp_path / "gray.png", gray)), np.stack([gray] * 3, axis=2))


def test_16_bit_gray_photo_is_scaled_and_not_clipped(tmp_path):
    image = read_photo(_save(tmp_path / "gray.png", np.array([[0, 257, 32896, 65535]], np.uint16)))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image[0, :, 0], [0, 1, 128, 255])


def test_transparent_and_palette_photos_keep_their_colours(tmp_path):
    rgba = _noise(4, 4, 4)
    np.testing.assert_array_equal(read_photo(_save(tmp_path / "rgba.png", rgba)), rgba[:, :, :3])
    palette = Image.new("P", (1, 1), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.save(tmp_path / "palette.png", transparency=bytes([255, 128]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_photo(tmp_path / "palette.png"), [[[10, 20, 30]]])


def test_floating_point_photo_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"depth\.tif: is a floating-point picture"):
        read_photo(_save(tmp_path / "depth.tif", np.zeros((2, 2), np.float32)))
