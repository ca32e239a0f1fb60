"""NYU Depth v2's labelled pictures: nyu_depth_v2_labeled.mat, classMapping40.mat, splits.mat."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.formats.base import Contents, Format, Maps, Picture
from tfhd.formats.tree import Tree, require_found
from tfhd.label_sets import load_label_set

_PAPER_TRAIN = 1200


def _open(tree: Tree, kind: str | None) -> Contents:
    import h5py  # here, as other formats do without it

    found = tree.matching(r"nyu_depth_v2_labeled\.mat")
    mappings = tree.matching(r"classMapping40\.mat")
    require_found(found and mappings, tree.root, "nyu_depth_v2_labeled.mat with classMapping40.mat")
    try:
        file = h5py.File(found[0][0], "r")
        images, labels, instances = file["images"], file["labels"], file["instances"]
    except (OSError, KeyError) as error:
        raise InputError(f"{found[0][0]}: cannot be read ({str(error)[:80]}); download it again") from None
    count = len(labels)
    table = _mapping(mappings[0][0])
    splits = _splits(tree, count)
    lock = threading.Lock()  # HDF5 reads for one thread at a time

    def photo(index: int) -> np.ndarray:
        with lock:
            return np.ascontiguousarray(images[index].transpose(2, 1, 0))

    def draw(index: int) -> Maps:
        with lock:
            raw, numbers = labels[index].T.astype(np.int64), instances[index].T.astype(np.int64)
        if raw.max() >= len(table):
            raise InputError(f"{found[0][0]}: picture {index + 1} has label {raw.max()}, more than classMapping40.mat maps")
        # Numbers start anew in every one of the 894 classes.
        return Maps(table[raw], np.where((raw > 0) & (numbers > 0), raw << 16 | numbers, 0))

    pictures = [
        Picture(f"{index + 1:05}", splits[index], lambda index=index: photo(index), lambda index=index: draw(index))
        for index in range(count)
    ]
    return Contents(load_label_set("nyu"), pictures)


def _load(path: Path, key: str) -> np.ndarray:
    from scipy.io import loadmat

    try:
        return loadmat(path)[key].ravel().astype(np.int64)
    except (OSError, KeyError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: cannot be read ({str(error)[:80]}); expected {key!r} in it; download it again") from None


def _mapping(path: Path) -> np.ndarray:
    """Ids 0..40 of the 894 classes and of 0, which is unlabelled: int32 (895,)."""
    return np.concatenate([[0], _load(path, "mapClass")]).astype(np.int32)


def _splits(tree: Tree, count: int) -> list[str]:
    """The published splits by splits.mat; without it the first 1200 train, as many as the paper's."""
    found = tree.matching(r"splits\.mat")
    if not found:
        return ["train" if index < _PAPER_TRAIN else "val" for index in range(count)]
    held_out = set(_load(found[0][0], "testNdxs").tolist())
    return ["val" if index + 1 in held_out else "train" for index in range(count)]


FORMAT = Format(
    name="nyu",
    reads="nyu_depth_v2_labeled.mat (HDF5), classMapping40.mat, splits.mat (795/654; without it the first 1200 train)",
    instances="each pair of one of the 894 classes and a number, as numbers start anew in every class",
    open=_open,
    published={"train": 1200, "val": 249},
)
