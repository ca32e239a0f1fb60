from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from tests.full_disk import largest_file
from tfhd.errors import InputError
from tfhd.export.disk_errors import tensorflow_errors_as_os_errors
from tfhd.files import new_folder


def test_what_tensorflow_cannot_write_ends_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with new_folder(tmp_path / "model", "model") as folder, tensorflow_errors_as_os_errors():
            tf.io.write_file(str(folder / "weights"), "0" * 1000)

    with largest_file(100), pytest.raises(InputError, match=r"model: cannot write the model \(.+\); free disk space") as error:
        write()
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())
