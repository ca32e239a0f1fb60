"""A format needs an entry in `READERS` and nothing else: configuration, help and messages follow from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tfhd.config import DataConfig
from tfhd.readers import READERS, DataSource, FileReader, Reader, describe_layouts, file_readers

ROOT = Path(__file__).resolve().parents[2]

# In a process of its own, as the choices of `data.format` are those that are registered when tfhd.config is imported.
REGISTER = """
from tfhd.readers import READERS, FileReader
from tfhd.pictures import find_pictures
from tfhd.readers.pairing import SplitFiles

class PairsReader(FileReader):
    name, layout, folders = "pairs", "{split}/maps and {split}/photos", ("{split}/maps", "{split}/photos")

    def find_files(self, labels, images):
        return SplitFiles(find_pictures(labels), find_pictures(images), None)

READERS["pairs"] = PairsReader
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", REGISTER + code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_every_reader_is_registered_under_its_name() -> None:
    assert list(READERS) == [reader.name for reader in READERS.values()] == ["streets", "folder", "cityscapes", "tfds"]
    assert list(file_readers()) == ["folder", "cityscapes"]


def test_the_help_names_every_format() -> None:
    assert describe_layouts(READERS) == (
        "streets: the embedded rendered set; folder: {split}_img, {split}_label, {split}_inst; cityscapes: the official tree; "
        "tfds: a folder of TensorFlow Datasets, see data.tfds_features."
    )


def test_a_configuration_knows_a_registered_format_and_its_messages_name_it() -> None:
    code = """
from tfhd.config import Config
assert Config.from_json('{"data": {"format": "pairs"}}').data.reader is PairsReader
for text in ('{"data": {"format": "zip"}}', '{"data": {"format": "streets"}}'):
    try:
        Config.from_json(text).data.open_files("train")
    except ValueError as error:
        print(error)
"""
    done = run(code)
    assert done.stderr == ""
    unknown, without_files = done.stdout.splitlines()
    assert "data.format: Input should be 'streets', 'folder', 'cityscapes', 'tfds' or 'pairs'" in unknown
    assert "set data.format to folder or cityscapes or pairs, and data.root" in without_files


def test_check_data_reads_a_registered_format(tmp_path: Path) -> None:
    code = "from train.__main__ import main; import sys; main('train', ['check-data', *sys.argv[1:]])"
    text = " ".join(run(code, "--help").stdout.replace("│", " ").split())
    assert "--format {folder,cityscapes,pairs,tfds}" in text
    assert "pairs: {split}/maps and {split}/photos." in text
    done = run(code, str(tmp_path), "--format", "pairs")
    assert "has no split train in the format pairs (folders train/maps and train/photos)" in done.stderr
    for kind in ("maps", "photos"):
        (tmp_path / "train" / kind).mkdir(parents=True)
    done = run(code, str(tmp_path), "--format", "pairs")
    assert "holds no label maps and" in done.stdout


@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_what_is_shared_by_all(name: str) -> None:
    reader = READERS[name]
    assert issubclass(reader, Reader)
    assert DataConfig(format=name).has_files == issubclass(reader, FileReader)
    assert reader.has_split(DataSource("none", "cityscapes", 32, 64, 1), "train") == (name == "streets")
