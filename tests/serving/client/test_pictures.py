from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.picture_files import encoded, png, png_chunk
from tfhd_client import InputError, photo_orientation, read_ids, read_photo, read_size, verify_ids, verify_photo

NOISE = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)


def _saved(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def _cut_off(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return path


@pytest.mark.parametrize("read", [read_ids, verify_ids, read_photo, verify_photo])
@pytest.mark.parametrize("name", ["picture.png", "picture.tif", "picture.pgm"])
def test_cut_off_file_is_named(tmp_path, read, name):
    path = _cut_off(_saved(tmp_path / name, NOISE))
    with pytest.raises(
        InputError, match=r"picture\....: (cannot be decoded, it is damaged or cut off|is not a picture).*replace"
    ):
        read(path)


@pytest.mark.parametrize("read", [read_photo, verify_photo])
def test_cut_off_jpeg_is_named(tmp_path, read):
    with pytest.raises(InputError, match=r"photo\.jpg: cannot be decoded, it is damaged or cut off"):
        read(_cut_off(_saved(tmp_path / "photo.jpg", np.stack([NOISE] * 3, axis=2))))


@pytest.mark.parametrize("read", [read_ids, verify_ids, read_photo, verify_photo, read_size, photo_orientation])
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
    with pytest.raises(InputError, match=r"folder\.png: is a folder, pipe or device, not a picture file; check the path"):
        read_photo(tmp_path / "folder.png")


def _text(size: int, compressed: bool) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * size, zip=compressed)
    return info


LARGE = {
    "compressed text": {"pnginfo": _text(2_000_000, True)},
    "text": {"pnginfo": _text(70_000_000, False)},
    "colour profile": {"icc_profile": bytes(2_000_000)},
}


@pytest.mark.parametrize("kind", LARGE)
def test_large_texts_and_colour_profiles_do_not_matter(tmp_path, kind):
    path = _saved(tmp_path / "large.png", NOISE, **LARGE[kind])
    np.testing.assert_array_equal(read_ids(path), NOISE)
    np.testing.assert_array_equal(read_photo(path)[..., 0], NOISE)
    assert verify_ids(path) == verify_photo(path) == read_size(path) == (64, 64)


def test_a_large_text_behind_the_pixels_does_not_matter():
    import zlib

    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2_000_000)))
    file = png(64, 8, 0, [row.tobytes() for row in NOISE], behind=text)
    np.testing.assert_array_equal(read_ids(file), NOISE)
    assert verify_photo(file) == read_size(file) == (64, 64)


def test_large_xmp_which_may_turn_the_photo_is_refused_by_name():
    import zlib

    xmp = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(2_000_000)))
    with pytest.raises(InputError, match=r"the picture: has metadata \(XMP\) of more than 1 MB; save it without"):
        read_photo(png(64, 8, 0, [row.tobytes() for row in NOISE], before=xmp))


def test_more_pixels_than_the_limit_are_refused_with_the_setting_that_raises_it(monkeypatch):
    file = encoded(NOISE)
    monkeypatch.setenv("TFHD_MAX_PIXELS", "4095")
    for read in (read_ids, verify_ids, read_photo, verify_photo, read_size):
        with pytest.raises(InputError, match=r"more pixels \(64x64\) than the limit of 4095; .*TFHD_MAX_PIXELS in the environ"):
            read(file)
    monkeypatch.setenv("TFHD_MAX_PIXELS", "4096")
    assert read_photo(file).shape == (64, 64, 3)


def test_pictures_above_pillows_limit_are_read_where_the_setting_allows(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # so that it is put back afterwards
    file = png(18_000, 1, 0, [bytes(2250)] * 10_000)
    with pytest.raises(InputError, match=r"the picture: has more pixels than the limit of 178956970; .*TFHD_MAX_PIXELS"):
        read_size(file)
    monkeypatch.setenv("TFHD_MAX_PIXELS", "200000000")
    assert read_size(file) == verify_photo(file) == (10_000, 18_000)


@pytest.mark.parametrize("value", ["many", "-1", "0", "1e9"])
def test_a_limit_that_is_no_number_is_named(monkeypatch, value):
    monkeypatch.setenv("TFHD_MAX_PIXELS", value)
    with pytest.raises(InputError, match=f"TFHD_MAX_PIXELS is '{value}' in the environment; it must be a number of pixels"):
        read_photo(encoded(NOISE))
