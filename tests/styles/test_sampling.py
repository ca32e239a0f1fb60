import numpy as np
import pytest
import tensorflow as tf

from tfhd.styles import StyleTable
from tfhd.styles.sampling import style_features, style_features_from_vectors

CENTERS = np.arange(3 * 4 * 2, dtype=np.float32).reshape(3, 4, 2)
COUNTS = np.array([4, 2, 0], np.int32)
TABLE = StyleTable(CENTERS, COUNTS)

# Two samples of four columns: instance 7 of class 0, instance 65535 of class 1, instance 9 of class 2.
LABEL = np.tile(np.array([0, 1, 1, 2], np.int32), (2, 3, 1))
INSTANCE = np.tile(np.array([7, 65535, 65535, 9], np.int32), (2, 3, 1))
UNUSED = np.full((2, 1), -1, np.int32)


def _features(seed=(-1, -1), style_instance=UNUSED, style_index=UNUSED) -> np.ndarray:
    return style_features(
        TABLE,
        tf.constant(LABEL),
        tf.constant(INSTANCE),
        tf.constant(seed, tf.int32),
        tf.constant(style_instance, tf.int32),
        tf.constant(style_index, tf.int32),
    ).numpy()


def test_a_negative_seed_takes_the_first_style_of_every_class() -> None:
    expected = CENTERS[:, 0][LABEL]
    np.testing.assert_array_equal(_features(), expected)


def test_a_seed_gives_the_same_styles_again_and_other_seeds_give_others() -> None:
    pictures = np.stack([_features(seed=(seed, seed)) for seed in range(20)])
    np.testing.assert_array_equal(pictures[3], _features(seed=(3, 3)))
    np.testing.assert_array_equal(pictures[:, 0], pictures[:, 1])  # whatever else is in the batch
    assert len(np.unique(pictures[:, 0, 0, 0], axis=0)) == 4
    assert len(np.unique(pictures[:, 0, 0, 1], axis=0)) == 2
    assert len(np.unique(pictures[:, 0, 0, 3], axis=0)) == 1  # a class without styles


def test_a_seed_spreads_the_instances_of_a_class_over_its_styles() -> None:
    instance = np.arange(4000, dtype=np.int32).reshape(1, 40, 100)
    picked = style_features(TABLE, tf.zeros_like(instance), tf.constant(instance), tf.constant([5]), UNUSED[:1], UNUSED[:1])
    shares = np.unique(picked.numpy()[..., 0], return_counts=True)[1] / instance.size
    np.testing.assert_allclose(shares, 0.25, atol=0.03)


def test_an_instance_keeps_its_style_when_others_are_added() -> None:
    alone = style_features(TABLE, LABEL[:1, :, :1], INSTANCE[:1, :, :1], tf.constant([11]), UNUSED[:1], UNUSED[:1])
    np.testing.assert_array_equal(alone.numpy()[0, 0, 0], _features(seed=(11, 11))[0, 0, 0])


def test_a_listed_instance_gets_its_style_in_its_own_sample_only() -> None:
    usual = _features()
    chosen = _features(style_instance=[[-1, 65535], [-1, -1]], style_index=[[-1, 1], [-1, -1]])
    np.testing.assert_array_equal(chosen[0, :, 1:3], np.broadcast_to(CENTERS[1, 1], (3, 2, 2)))
    np.testing.assert_array_equal(chosen[0, :, [0, 3]], usual[0, :, [0, 3]])
    np.testing.assert_array_equal(chosen[1], usual[1])


def test_a_style_that_the_class_lacks_is_refused_with_the_number_there_are() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="instance 65535 cannot have style 2: its class has 2 styles"):
        _features(style_instance=[[65535], [-1]], style_index=[[2], [-1]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="instance 9 cannot have style 0: its class has 0 styles"):
        _features(style_instance=[[9], [-1]], style_index=[[0], [-1]])


def test_a_style_for_an_absent_instance_is_refused_with_the_ids_that_exist() -> None:
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="instance 8, which is not in the instance map; it holds 7, 9, 65535"
    ):
        _features(style_instance=[[-1], [8]], style_index=[[-1], [0]])


def test_of_many_ids_that_exist_the_first_are_told() -> None:
    instance, absent = np.arange(1000, 1030, dtype=np.int32).reshape(1, 5, 6), np.array([[8]], np.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"it holds 1000, 1001, .*, 1019 and others"):
        style_features(TABLE, instance * 0, instance, tf.constant([-1]), absent, absent * 0)


def test_vectors_are_painted_as_given_and_other_instances_follow_the_seed() -> None:
    vectors = np.array([[[0.5, -0.5], [9, 9]], [[9, 9], [9, 9]]], np.float32)
    painted = style_features_from_vectors(
        TABLE,
        LABEL,
        INSTANCE,
        tf.constant([4, 4]),
        tf.constant([[9, 12345], [-1, -1]]),
        tf.constant(vectors),
    ).numpy()
    seeded = _features(seed=(4, 4))
    np.testing.assert_array_equal(painted[0, :, 3], np.broadcast_to(vectors[0, 0], (3, 2)))
    np.testing.assert_array_equal(painted[0, :, :3], seeded[0, :, :3])
    np.testing.assert_array_equal(painted[1], seeded[1])


def test_batch_height_and_width_may_be_unknown() -> None:
    maps = tf.TensorSpec((None, None, None), tf.int32)
    lists = tf.TensorSpec((None, None), tf.int32)

    @tf.function(input_signature=[maps, maps, tf.TensorSpec((None,), tf.int32), lists, lists])
    def traced(label, instance, seed, style_instance, style_index):
        return style_features(TABLE, label, instance, seed, style_instance, style_index)

    np.testing.assert_array_equal(traced(LABEL, INSTANCE, [6, 7], UNUSED, UNUSED).numpy(), _features(seed=(6, 7)))
    assert traced(LABEL[:1, :2], INSTANCE[:1, :2], [6], UNUSED[:1], UNUSED[:1]).shape == (1, 2, 4, 2)


def _painted_vectors(style_instance: list[list[int]]) -> np.ndarray:
    vectors = 100 + np.arange(2 * len(style_instance[0]) * 2, dtype=np.float32).reshape(2, -1, 2)
    lists = tf.constant(style_instance), tf.constant(vectors)
    return style_features_from_vectors(TABLE, LABEL, INSTANCE, tf.constant([-1, -1]), *lists).numpy()


def test_of_an_instance_that_is_listed_twice_the_first_counts() -> None:
    chosen = _features(style_instance=[[7, 65535, 7], [-1, 7, 7]], style_index=[[2, 1, 3], [-1, 1, 0]])
    np.testing.assert_array_equal(chosen[:, 0, 0], [CENTERS[0, 2], CENTERS[0, 1]])
    painted = _painted_vectors([[7, 65535, 7], [-1, 7, 7]])
    np.testing.assert_array_equal(painted[:, 0, 0], [[100, 101], [108, 109]])


def test_what_is_no_id_names_no_instance_of_another_sample() -> None:
    # 65536 + 7 is what sample 0's list would hold for instance 7 of sample 1, and 7 - 65536 the other way round.
    np.testing.assert_array_equal(_painted_vectors([[65536 + 7], [7 - 65536]]), _features())
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="instance 65543, which is not in the instance map; it holds 7, 9, 65"
    ):
        _features(style_instance=[[65536 + 7], [-1]], style_index=[[0], [-1]])


def test_lists_of_every_instance_give_each_its_own() -> None:
    random, size = np.random.default_rng(0), (3, 20, 30)
    instance = np.stack([random.permutation(65536)[:600].reshape(size[1:]) for _ in range(3)]).astype(np.int32)
    listed = np.stack([random.permutation(ids.reshape(-1)) for ids in instance])
    index = random.integers(0, 4, listed.shape, np.int32)
    inputs = np.zeros(size, np.int32), instance, np.full(3, -1, np.int32)
    features = style_features(TABLE, *(tf.constant(values) for values in (*inputs, listed, index))).numpy()
    for sample in range(3):
        order = np.argsort(listed[sample])
        chosen = index[sample][order[np.searchsorted(listed[sample], instance[sample], sorter=order)]]
        np.testing.assert_array_equal(features[sample], CENTERS[0][chosen])
