from pathlib import Path

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.label_sets import LabelClass, LabelSet, load_label_set, map_labels


def test_labels_become_class_indices():
    label_set = LabelSet("two", (LabelClass("a", (5, 65535), (0, 0, 0), False), LabelClass("b", (0,), (1, 1, 1), True)))
    label = map_labels(np.array([[0, 5], [65535, 0]], np.int32), label_set, Path("x.png"))
    assert label.dtype == np.int32
    np.testing.assert_array_equal(label, [[1, 0], [0, 1]])


def test_void_becomes_the_dont_care_class():
    assert map_labels(np.array([[255]]), load_label_set("cityscapes"), "x.png").item() == 34


def test_values_outside_the_set_are_counted():
    ids = np.array([[12, 12, 3], [200, 0, 12]])
    with pytest.raises(
        InputError, match=r"x\.png: label values outside the label set 'camvid': 12 \(3 pixels\), 200 \(1 pixels\); .*label_set"
    ):
        map_labels(ids, load_label_set("camvid"), Path("x.png"))
