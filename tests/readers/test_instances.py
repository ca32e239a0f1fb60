import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.readers import connected_instances

SKY, CAR, BIKE = range(3)
LABEL_SET = LabelSet(
    "three",
    tuple(LabelClass(name, (index,), (0, 0, index), index > 0) for index, name in enumerate(("sky", "car", "bike"))),
)


def test_components_of_countable_classes_are_numbered_from_1000():
    label = np.array([
        [CAR, CAR, SKY, BIKE],
        [SKY, SKY, SKY, BIKE],
        [CAR, SKY, SKY, SKY],
    ], np.int32)  # fmt: skip
    instance = connected_instances(label, LABEL_SET)
    assert instance.dtype == np.int32
    np.testing.assert_array_equal(instance, [[1000, 1000, 0, 1002], [0, 0, 0, 1002], [1001, 0, 0, 0]])


def test_uncountable_regions_share_the_class_index_even_when_apart():
    label = np.array([[SKY, CAR, SKY]])
    np.testing.assert_array_equal(connected_instances(label, LABEL_SET), [[SKY, 1000, SKY]])


def test_diagonal_neighbours_belong_together():
    np.testing.assert_array_equal(connected_instances(np.eye(3, dtype=np.int32), LABEL_SET), 1000 * np.eye(3))


def test_touching_objects_of_different_classes_stay_apart():
    assert len(np.unique(connected_instances(np.array([[CAR, BIKE]]), LABEL_SET))) == 2


def test_more_components_than_ids_is_refused():
    label = np.zeros((512, 512), np.int32)
    label[::2, ::2] = CAR  # 65,536 single pixels; 64,536 ids are left
    with pytest.raises(InputError, match=r"noisy\.png: class 'car' has 65536 pieces"):
        connected_instances(label, LABEL_SET, "noisy.png")
