from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_run import LABEL_SET
from tfhd.graph.label_lookup import class_indices, short_class_table
from tfhd.label_sets import LabelClass, LabelSet, class_of_id


def label_set(*ids: int) -> LabelSet:
    return LabelSet("one", (LabelClass("thing", ids, (0, 0, 0), False),))


@pytest.mark.parametrize("ids", [(0,), (7, 300), (3, 65535)])
def test_the_short_table_is_the_whole_one_up_to_its_highest_id(ids: tuple[int, ...]) -> None:
    short, whole = short_class_table(label_set(*ids)), class_of_id(label_set(*ids))
    assert short.dtype == np.int32
    assert len(short) == max(ids) + 2
    every_id = np.arange(65536)
    np.testing.assert_array_equal(short[np.minimum(every_id, len(short) - 1)], whole)


def test_ids_become_class_indices() -> None:
    found = class_indices(tf.constant([[7, 26], [255, 27]]), LABEL_SET)
    assert found.dtype == tf.int32
    assert found.numpy().tolist() == [[0, 1], [2, 1]]


def test_unknown_ids_are_named_with_their_pixels_five_at_most() -> None:
    message = (
        r"label set tiny: 9 \(2 pixels\), 256 \(1 pixels\), 1 \(1 pixels\), 2 \(1 pixels\), 3 \(1 pixels\); send its raw ids"
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        class_indices(tf.constant([9, 7, 9, 256, 1, 2, 3, 4]), LABEL_SET)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"65535 \(1 pixels\)"):
        class_indices(tf.constant([65535]), LABEL_SET)
