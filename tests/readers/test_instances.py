import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.readers import arrange_instances, connected_instances, connected_instances_of_ids
from tfhd.readers.instances import find_overlaps

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


def count_instances(label: np.ndarray, instance: np.ndarray, num_classes: int) -> list[int]:
    overlaps = find_overlaps(label, instance, num_classes)
    return np.bincount(overlaps.classes[overlaps.largest], minlength=num_classes).tolist()


def test_an_instance_belongs_to_the_class_of_most_of_its_pixels() -> None:
    label = np.array([[0, 0, 1, 1, 1], [2, 2, 2, 2, 1]])
    instance = np.array([[9, 9, 9, 9, 9], [65535, 65535, 0, 0, 65535]])
    assert count_instances(label, instance, 3) == [0, 1, 2]


def test_overlaps_are_those_of_a_plain_loop_with_ties_to_the_later_class() -> None:
    random = np.random.default_rng(0)
    label, instance = random.integers(0, 5, (40, 50)), random.integers(0, 30, (40, 50))
    expected = [np.bincount(label[instance == value], minlength=5) for value in np.unique(instance)]
    classes = [np.flatnonzero(counts == counts.max())[-1] for counts in expected]
    assert count_instances(label, instance, 5) == np.bincount(classes, minlength=5).tolist()
    assert find_overlaps(label, instance, 5).pixels.sum() == label.size


def test_ids_that_start_again_in_every_class_name_an_object_each() -> None:
    label = np.array([[SKY, SKY, CAR, CAR, BIKE, BIKE, CAR]])
    stored = np.array([[1, 1, 1, 2, 1, 2, 1]])
    arranged = arrange_instances(stored, label, LABEL_SET, "per_class")
    assert arranged.dtype == np.int32
    assert len(np.unique(arranged)) == 5
    assert arranged[0, 2] == arranged[0, 6] != arranged[0, 0]


def test_pixels_of_no_object_become_connected_regions_with_ids_of_their_own() -> None:
    label = np.array([
        [SKY, CAR, SKY, CAR, SKY],
        [SKY, CAR, SKY, CAR, SKY],
        [SKY, SKY, SKY, SKY, BIKE],
    ])  # fmt: skip
    stored = np.array([[0, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]])
    arranged = arrange_instances(stored, label, LABEL_SET, "zero_is_none")
    assert (arranged[label == CAR] != 0).any()
    assert (arranged[:2, 1] == 1).all(), "an object that the map names keeps its id"
    names = [
        set(arranged[where].tolist()) for where in (label == SKY, stored == 1, (label == CAR) & (stored == 0), label == BIKE)
    ]
    assert [len(name) for name in names] == [1, 1, 1, 1]
    assert len(set.union(*names)) == 4


def test_no_object_may_take_the_highest_ids() -> None:
    label, stored = np.array([[SKY, CAR, CAR]]), np.array([[0, 65535, 0]])
    arranged = arrange_instances(stored, label, LABEL_SET, "zero_is_none")
    assert arranged.max() == 65535
    assert len(np.unique(arranged)) == 3


def test_more_instances_than_ids_are_left_are_refused() -> None:
    label = np.tile(np.arange(3), 25_000)[np.newaxis]
    with pytest.raises(InputError, match=r"x\.png: holds 75000 instances, more than the 65536 ids left"):
        arrange_instances(np.arange(75_000)[np.newaxis] // 3, label, LABEL_SET, "per_class", "x.png")


def test_regions_of_raw_ids_are_those_of_training_under_names_that_people_know() -> None:
    label_set = LabelSet("raw", (LabelClass("sky", (23, 4), (0, 0, 0), False), LabelClass("car", (26, 5), (0, 0, 1), True)))
    ids = np.array([[23, 4, 26, 5, 23, 26]])
    regions = connected_instances_of_ids(ids, label_set)
    np.testing.assert_array_equal(regions, [[23, 23, 1000, 1000, 23, 1001]])
    trained = connected_instances(np.array([[0, 0, 1, 1, 0, 1]]), label_set)
    pairs = set(zip(regions.ravel().tolist(), trained.ravel().tolist(), strict=True))
    assert len(pairs) == len(np.unique(regions)) == len(np.unique(trained))


def test_regions_of_raw_ids_take_no_id_of_the_label_set() -> None:
    label_set = LabelSet("high", (LabelClass("sky", (1000,), (0, 0, 0), False), LabelClass("car", (1,), (0, 0, 1), True)))
    np.testing.assert_array_equal(connected_instances_of_ids(np.array([[1000, 1]]), label_set), [[1000, 1001]])
