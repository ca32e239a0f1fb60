from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tiny_run import LABEL_SET, NUM_STYLES, street, style_table
from tfhd.errors import InputError
from tfhd.styles.sampling import style_features
from tfhd_client import read_style_counts, style_map

COUNTS = {value: count for item, count in zip(LABEL_SET.classes, NUM_STYLES, strict=True) for value in item.ids}


@pytest.mark.parametrize("seed", [-1, 0, 1, 12345, 2**31 - 1])
def test_a_seed_chooses_the_styles_that_the_signatures_choose(seed: int) -> None:
    table, (random, size) = style_table(3), (np.random.default_rng(0), (1, 40, 50))
    # An instance id for each pixel, so that each instance has one class.
    instance = random.permutation(65536)[: size[1] * size[2]].astype(np.int32).reshape(size)
    classes = random.integers(0, LABEL_SET.num_classes, size, np.int32)
    label = np.array([item.ids[0] for item in LABEL_SET.classes])[classes]
    absent = np.full((1, 1), -1, np.int32)
    features = style_features(table, classes, instance, np.array([seed], np.int32), absent, absent)
    chosen = style_map(COUNTS, label, instance, seed)
    np.testing.assert_array_equal(table.centers[classes, chosen], features)
    assert len(np.unique(chosen)) == (max(NUM_STYLES) if seed >= 0 else 1)


def test_a_class_without_styles_has_the_first() -> None:
    np.testing.assert_array_equal(style_map({7: 0}, np.array([[7, 9]]), np.array([[1, 2]]), seed=5), [[0, 0]])


@pytest.mark.parametrize(
    ("styles", "message"),
    [
        ({99: 0}, "instance 99, which is not in the instance map"),
        ({26001: 99}, "instance 26001 cannot have style 99: its class has 3 styles, counted from 0"),
        ({26001: -1}, "instance 26001 cannot have style -1"),
    ],
)
def test_a_style_that_there_is_not_is_refused(styles: dict[int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        style_map(COUNTS, *street(32, 48), styles=styles)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("label", np.full((2, 2), -1), r"label holds -1; expected ids 0\.\."),
        ("label", np.full((2, 2), 7.0), "label holds float64; expected integers"),
        ("instance", np.full((2, 2), -3), r"instance holds -3; expected ids 0\.\.65535"),
        ("instance", np.full((2, 2), 65536), r"instance holds 65536; expected ids 0\.\.65535"),
        ("instance", np.full((2, 2), 7.5, np.float32), "instance holds float32; expected integers"),
        ("instance", np.full((2, 2), True), "instance holds bool; expected integers"),
        ("seed", 2**31, "seed is 2147483648; expected at most 2147483647"),
    ],
)
def test_numbers_that_the_signatures_do_not_take_are_refused(name: str, value, message: str) -> None:
    given = {"label": np.full((2, 2), 7), "instance": np.full((2, 2), 1), "seed": 3}
    with pytest.raises(InputError, match=message) as caught:
        style_map(COUNTS, **given | {name: value})
    assert "\n" not in str(caught.value)


def test_labels_and_instances_of_every_integer_type_are_taken() -> None:
    expected = style_map(COUNTS, *street(32, 48), seed=5)
    assert expected.any()
    label, instance = street(32, 48)
    for kind in (np.uint16, np.int32, np.int64, np.uint64):
        np.testing.assert_array_equal(style_map(COUNTS, label.astype(kind), instance.astype(kind), seed=5), expected)
    np.testing.assert_array_equal(style_map(COUNTS, np.full((1, 1), 2**31 - 1), np.ones((1, 1), int), seed=5), [[0]])


def test_maps_of_different_size_are_refused() -> None:
    label, instance = street(32, 48)
    with pytest.raises(InputError, match="make them equal"):
        style_map(COUNTS, label, instance[:-1])


@pytest.mark.parametrize("text", [None, "{", "[]", '{"a": 1}'])
def test_a_file_that_holds_no_counts_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "styles.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"styles\.json: cannot read numbers of styles"):
        read_style_counts(path)
