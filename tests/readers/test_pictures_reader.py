from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tiny_pictures import KINDS, data_config, instances, numbers, write_pairs
from tfhd.errors import InputError
from tfhd.pictures import write_picture
from tfhd.readers.file_errors import FileError, collect_error
from tfhd.readers.pictures_reader import read_pair


@pytest.mark.parametrize("name", KINDS)
def test_examples_are_read_number_for_number(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    reader = data_config(kind, write_pairs(tmp_path, kind)).open_files("train")
    assert reader.count == 2
    sample = reader.load(1)
    np.testing.assert_array_equal(sample.label, numbers(kind.given, 2))
    np.testing.assert_array_equal(sample.image, numbers(kind.made, 3))
    np.testing.assert_array_equal(sample.instance, instances() if kind.edges else np.zeros((32, 64)))
    assert (sample.label.dtype, sample.instance.dtype) == (kind.given.dtype, np.int32)
    assert sample.size == reader.size_of(0) == (32, 64)


def test_instance_maps_are_left_alone_unless_they_are_asked_for(tmp_path: Path) -> None:
    kind = KINDS["gray16 to rgb"]
    write_pairs(tmp_path, kind)
    (tmp_path / "train_inst").mkdir()
    (tmp_path / "train_inst" / "else.png").write_text("hello")
    assert data_config(kind, tmp_path).open_files("train").count == 2


def test_partners_may_lie_in_folders_and_end_as_tools_end_them(tmp_path: Path) -> None:
    kind = KINDS["5 channels to rgb"]
    for name in ("a/1", "b/1"):
        write_picture(tmp_path / "train_A" / f"{name}_img.npy", numbers(kind.given, 0))
        write_picture(tmp_path / "train_B" / f"{name}_mask.png", numbers(kind.made, 1))
    examples = data_config(kind, tmp_path).open_files("train").examples
    assert [example.name for example in examples] == ["a/1", "b/1"]


def test_errors_are_kept_by_an_attempt_that_keeps_them(tmp_path: Path) -> None:
    kind = KINDS["rgb to gray"]
    reader = data_config(kind, write_pairs(tmp_path, kind)).open_files("train")
    example = reader.examples[0]
    example.label.write_text("hello")
    write_picture(example.instance, instances(16, 16)[..., None])
    errors: list[FileError] = []

    def attempt(*arguments):
        return collect_error(errors, *arguments)

    given, made, _ = read_pair(example, reader.source, attempt)
    assert given is None
    assert made.shape == (32, 64, 1)
    assert [(error.kind, error.path) for error in errors] == [("unreadable", example.label), ("size", example.instance)]


def test_a_split_without_folders_is_told(tmp_path: Path) -> None:
    config = data_config(KINDS["gray16 to rgb"], tmp_path)
    assert not config.has_split("train")
    with pytest.raises(InputError, match=r"train_A: no such folder; check data\.root"):
        _ = config.open_files("train").examples
    for side in "AB":
        (tmp_path / f"train_{side}").mkdir()
    with pytest.raises(InputError, match=r"train_A: holds no input pictures and .*train_B no output pictures"):
        _ = config.open_files("train").examples
