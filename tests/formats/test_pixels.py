from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.picture_files import png_that_says
from tfhd.errors import InputError
from tfhd.formats.pixels import decode_mask, read_channels, read_codes, read_objects, require_same_size

READERS = [partial(read_channels, mode="RGB"), read_codes, read_objects]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", [b"no picture", png_that_says(30_000, 30_000)], ids=["text", "too large"])
def test_a_file_that_cannot_be_read_is_named_in_a_line(tmp_path: Path, read: Callable, content: bytes) -> None:
    path = tmp_path / "map.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^[^\n]*map\.png: cannot be read \([^\n]*; restore the file$"):
        read(path)


def test_a_mask_that_says_it_is_too_large_is_refused() -> None:
    with pytest.raises(InputError, match="its mask cannot be decoded"):
        decode_mask(base64.b64encode(png_that_says(30_000, 30_000)).decode(), "task 3")


def test_maps_of_unequal_size_are_both_named() -> None:
    with pytest.raises(InputError, match=r"^o\.png: differs from l\.png in size"):
        require_same_size(np.zeros((2, 3)), Path("o.png"), np.zeros((3, 2)), Path("l.png"))
