from __future__ import annotations

import io

import pytest
from PIL import Image

from tfhd.serving.server.picture_header import picture_size


def picture(mode: str, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (300, 200)).save(file, format, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "file",
    [
        picture("L", "PNG"),
        picture("RGB", "PNG"),
        picture("RGB", "JPEG"),
        picture("L", "JPEG"),
        picture("RGB", "JPEG", progressive=True),
        picture("RGB", "JPEG", exif=b"Exif\0\0" + b"x" * 60_000),
        # 0xFF may be repeated before a marker.
        picture("RGB", "JPEG").replace(b"\xff\xc0", b"\xff\xff\xff\xc0"),
    ],
)
def test_width_and_height_are_read_from_the_header(file: bytes) -> None:
    assert picture_size(file) == (300, 200)


@pytest.mark.parametrize(
    "file", [b"", b"text", picture("L", "PNG")[:20], picture("L", "JPEG")[:20], picture("L", "GIF"), b"\xff\xd8\xff"]
)
def test_files_without_a_whole_header_have_no_size(file: bytes) -> None:
    assert picture_size(file) == (0, 0)
