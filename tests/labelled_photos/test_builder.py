"""The builder, the reader, and TensorFlow Datasets' own functions, on real files."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.train.prepare.sources import roboflow
from tfhd.config import Config, DataConfig
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.readers import READERS
from tfhd.train.prepare.command import prepare

tfds = pytest.importorskip("tensorflow_datasets")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder of three pictures, with its set."""
    folder = tmp_path_factory.mktemp("tfds")
    prepare("roboflow", roboflow(folder / "source", 3), folder / "out", countable=("car",), tfds=True)
    return folder / "out"


def data(prepared: Path, **changes: object) -> DataConfig:
    root, label_set = str(prepared / "tfds"), str(prepared / "label_set.json")
    config = DataConfig(format="tfds", root=root, label_set=label_set, height=64, width=96, batch_size=3)
    return dataclasses.replace(config, **changes)


def test_batches_are_those_of_the_folder(prepared: Path) -> None:
    for training in (True, False):
        batches = [
            next(iter(build_dataset(Config(data=config), "train", training=training)))
            for config in (data(prepared), data(prepared, format="folder", root=str(prepared)))
        ]
        for name in ("label", "instance", "image"):
            np.testing.assert_array_equal(*(batch[name].numpy() for batch in batches))


def test_tensorflow_datasets_loads_it_without_us(prepared: Path) -> None:
    code = f"""
import tensorflow_datasets as tfds, sys
for item in tfds.load("labelled_photos/plain", data_dir={str(prepared / "tfds")!r}, split="train", download=False).take(1):
    print(item["name"].numpy().decode(), item["instance"].dtype.name, item["instance"].shape, int(item["instance"].numpy().max()))
print("tfhd" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd="/")
    assert done.stdout.splitlines() == ["p0_jpg.rf.0 uint16 (64, 96, 1) 1000", "False"], done.stderr[-500:]


def test_other_names_of_features_and_splits(tmp_path: Path, prepared: Path) -> None:
    reader = READERS["tfds"](data(prepared, tfds_features="image=image, label=instance").source, "train")
    with pytest.raises(InputError, match=r"record 0 of train: label values outside the label set"):
        reader.load(0)
    reader = READERS["tfds"](data(prepared, tfds_features="image=image,label=label").source, "train")
    assert set(np.unique(reader.load(1).instance)) == {0, 1000}  # regions, as no instances are named
    assert reader.size_of(1) == (64, 96)
    with pytest.raises(InputError, match=r"has no split 'val'; it has train"):
        READERS["tfds"](data(prepared).source, "val")
    assert not data(prepared).has_split("val")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image=photo,label=label", "names 'photo', which is no picture of this set; it has image, instance, label"),
        ("image=image", "expected image=NAME,label=NAME"),
        ("image=image,label", "expected image=NAME,label=NAME"),
        ("image=image,label=name", "names 'name', which is no picture"),
    ],
)
def test_wrong_features_are_refused(prepared: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        READERS["tfds"](data(prepared, tfds_features=text).source, "train")


def test_a_set_that_is_cut_off_or_absent_is_refused(tmp_path: Path, prepared: Path) -> None:
    copy = shutil.copytree(prepared, tmp_path / "copy")
    (shard,) = (copy / "tfds").rglob("*.tfrecord*")
    shard.write_bytes(shard.read_bytes()[:-7])
    with pytest.raises(InputError, match=r"is cut off; build the set anew"):
        READERS["tfds"](data(copy).source, "train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no set \(nothing\); data.root is a folder with dataset_info.json"):
        READERS["tfds"](data(prepared, root=str(tmp_path / "empty")).source, "train")


def test_cityscapes_gives_the_batches_of_its_tree(tmp_path: Path, shared_data: Path) -> None:
    for folder in ("gtFine", "leftImg8bit"):  # four pictures
        (tmp_path / "source" / folder).mkdir(parents=True)
        (tmp_path / "source" / folder / "train").symlink_to(shared_data / "cityscapes" / folder / "val")
    prepare("cityscapes", tmp_path / "source", tmp_path / "out", tfds=True)
    label_set = str(tmp_path / "out" / "label_set.json")
    configs = [
        {"format": "cityscapes", "root": str(tmp_path / "source")},
        {"format": "tfds", "root": str(tmp_path / "out" / "tfds"), "label_set": label_set},
    ]
    sets = [
        build_dataset(Config.from_json(json.dumps({"data": {**config, "height": 256, "width": 512}})), "train")
        for config in configs
    ]
    batches = 0
    for ours, tree in zip(*sets, strict=True):
        batches += 1
        for name in ("label", "instance", "image"):
            np.testing.assert_array_equal(ours[name].numpy(), tree[name].numpy())
    assert batches == 4
