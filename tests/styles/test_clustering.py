import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfhd.styles import InstanceFeatures, StyleTable, cluster_styles


def _features(rows: list[tuple[int, float, float]]) -> InstanceFeatures:
    """Rows of (class, value of the one channel, share)."""
    return InstanceFeatures(
        np.array([row[0] for row in rows], np.int32),
        np.array([[row[1]] for row in rows], np.float32).reshape(-1, 1),
        np.array([row[2] for row in rows], np.float32),
    )


def test_centres_are_the_means_of_groups_the_most_usual_first() -> None:
    rows = [(0, -0.5, 0.1)] * 2 + [(0, 0.48, 0.1), (0, 0.5, 0.1), (0, 0.52, 0.1)] + [(0, 0.0, 0.1)]
    table = cluster_styles(_features(rows), 1, num_clusters=3)
    assert table.counts.tolist() == [3]
    np.testing.assert_allclose(table.centers[0, :, 0], [0.5, -0.5, 0.0], atol=1e-6)


def test_small_instances_do_not_count_beside_large_ones() -> None:
    table = cluster_styles(_features([(0, 0.25, 1 / 63), (0, 0.9, 1 / 64), (0, -0.9, 1 / 65)]), 1)
    assert table.counts.tolist() == [1]
    np.testing.assert_allclose(table.centers[0], 0.25, atol=1e-7)


def test_a_class_of_only_small_instances_is_clustered_from_all_of_them() -> None:
    table = cluster_styles(_features([(0, 0.25, 0.001), (0, 0.5, 0.002)]), 1)
    assert table.counts.tolist() == [2]
    assert sorted(table.centers[0, :2, 0].tolist()) == [0.25, 0.5]


def test_rows_beyond_the_count_repeat_the_first_style() -> None:
    table = cluster_styles(_features([(0, 0.5, 0.1), (0, 0.5, 0.1), (0, -0.5, 0.1)]), 1, num_clusters=5)
    assert table.centers[0, :, 0].tolist() == [0.5, -0.5, 0.5, 0.5, 0.5]


def test_a_class_never_seen_is_served_by_the_mean_of_all_instances() -> None:
    table = cluster_styles(_features([(0, 0.5, 0.1), (0, 0.1, 0.1)]), 3, num_clusters=2)
    assert table.counts.tolist() == [2, 0, 0]
    np.testing.assert_allclose(table.centers[1:], 0.3, atol=1e-7)


def test_without_any_instance_every_class_is_served_by_zeros() -> None:
    table = cluster_styles(_features([]), 2)
    assert table.counts.tolist() == [0, 0]
    assert not table.centers.any()


@pytest.mark.filterwarnings("error")
def test_equal_vectors_make_one_style_without_a_warning() -> None:
    assert cluster_styles(_features([(0, 0.5, 0.1)] * 20), 1).counts.tolist() == [1]


def test_the_same_seed_gives_the_same_table() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, 40)
    features = _features([(0, value, 0.1) for value in values])
    tables = [cluster_styles(features, 1, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(tables[0].centers, tables[1].centers)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1, 1, width=32), st.floats(0, 1, width=32)), max_size=30))
def test_every_entry_lies_within_what_was_recorded(rows: list[tuple[int, float, float]]) -> None:
    table = cluster_styles(_features(rows), 4, num_clusters=3)
    assert isinstance(table, StyleTable)
    values = [row[1] for row in rows] or [0.0]
    assert table.centers.min() >= min(values) - 1e-6
    assert table.centers.max() <= max(values) + 1e-6
    seen = {row[0] for row in rows}
    assert [count > 0 for count in table.counts] == [index in seen for index in range(4)]
