"""Sets that tools wrote which are too large to install for a test (tests/fixtures/formats)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.formats.test_data_sets import maps, read, same_parts
from tfhd.formats.class_names import ids_by_name

BDD100K = ROOT / "tests" / "fixtures" / "formats" / "bdd100k"


@pytest.fixture(scope="module")
def bdd100k() -> dict[str, np.ndarray]:
    """What BDD100K's own reader says of its files."""
    with np.load(BDD100K / "said.npz", allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.mark.parametrize(("kind", "mode"), [("panoptic", "pan_seg"), ("instances", "ins_seg")])
def test_bdd100k_bitmasks(bdd100k: dict[str, np.ndarray], kind: str, mode: str) -> None:
    label, objects, flags, names, countable = (
        bdd100k[f"{mode}_{name}"] for name in ("label", "objects", "flags", "names", "countable")
    )
    contents = read("bdd100k", BDD100K / "set", kind)
    got, instance = maps(contents)
    assert contents.label_set.names == tuple(names.tolist())
    np.testing.assert_array_equal(got, label)
    is_object = (flags & 3 == 0) & countable[label]  # no crowd, nothing that is ignored
    assert len(np.unique(objects[is_object])) > 2
    assert same_parts(instance[is_object], objects[is_object])
    assert (instance[is_object] >= 1000).all()
    np.testing.assert_array_equal(instance[~is_object], label[~is_object])


def test_bdd100k_semantic_masks(bdd100k: dict[str, np.ndarray]) -> None:
    contents = read("bdd100k", BDD100K / "set", "semantic")
    np.testing.assert_array_equal(maps(contents)[0], bdd100k["sem_seg_label"])
    ids = ids_by_name(contents.label_set)
    assert {name: ids[name] for name in bdd100k["sem_seg_names"].tolist()} == dict(
        zip(bdd100k["sem_seg_names"].tolist(), bdd100k["sem_seg_ids"].tolist(), strict=True)
    )
