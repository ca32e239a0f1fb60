from pathlib import Path

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.styles import StyleTable


def _table() -> StyleTable:
    return StyleTable(np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 4, 3), np.array([4, 0], np.int32))


def test_saved_table_loads_with_the_same_values(tmp_path: Path) -> None:
    _table().save(tmp_path / "styles.npz")
    loaded = StyleTable.load(tmp_path / "styles.npz")
    np.testing.assert_array_equal(loaded.centers, _table().centers)
    np.testing.assert_array_equal(loaded.counts, _table().counts)
    assert (loaded.centers.dtype, loaded.counts.dtype) == (np.float32, np.int32)
    assert [path.name for path in tmp_path.iterdir()] == ["styles.npz"]


@pytest.mark.parametrize(
    ("centers", "counts", "message"),
    [
        (np.zeros((2, 3), np.float32), np.zeros(2, np.int32), "shape"),
        (np.zeros((2, 3, 3), np.float32), np.zeros(3, np.int32), "one for each class"),
        (np.zeros((2, 3, 3), np.float32), np.array([0, 4], np.int32), "expected 0..3"),
        (np.full((2, 3, 3), np.nan, np.float32), np.zeros(2, np.int32), "not finite"),
    ],
)
def test_inconsistent_tables_are_refused(centers: np.ndarray, counts: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StyleTable(centers, counts)


def _pickled(path: Path) -> None:
    np.savez(path, centers=np.array([{"a": 1}], dtype=object), counts=np.zeros(1, np.int32), origin="")


def _cut_off(path: Path) -> None:
    _table().save(path)
    path.write_bytes(path.read_bytes()[:100])


def _without_counts(path: Path) -> None:
    np.savez(path, centers=_table().centers)


def _bare_array(path: Path) -> None:
    with open(path, "wb") as file:
        np.save(file, _table().centers)


def _wide(path: Path) -> None:
    np.savez(path, centers=_table().centers.astype(np.float64), counts=_table().counts, origin="")


def _not_finite(path: Path) -> None:
    np.savez(path, centers=np.full((2, 4, 3), np.inf, np.float32), counts=_table().counts, origin="")


@pytest.mark.parametrize("write", [_pickled, _cut_off, _without_counts, _bare_array, _wide, _not_finite, lambda path: None])
def test_files_that_hold_no_table_are_named_in_one_line(tmp_path: Path, write) -> None:
    path = tmp_path / "styles.npz"
    write(path)
    with pytest.raises(InputError, match=rf"styles\.npz.*train styles {tmp_path}`$") as error:
        StyleTable.load(path)
    assert "\n" not in str(error.value)


def test_a_folder_that_cannot_be_written_is_named_and_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write the style table"):
        _table().save(tmp_path / "absent" / "styles.npz")
