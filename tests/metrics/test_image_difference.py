from __future__ import annotations

import numpy as np

from tfhd.metrics import mean_l1


def test_each_pair_has_its_own_mean_from_0_to_1():
    black, white, gray = (np.full((1, 4, 6, 3), value, np.float32) for value in (-1, 1, 0))
    first = np.concatenate([black, black, black])
    np.testing.assert_array_equal(mean_l1(first, np.concatenate([black, white, gray])), [0.0, 1.0, 0.5])


def test_one_pixel_of_many_counts_by_its_share():
    first, second = np.zeros((1, 4, 5, 3)), np.zeros((1, 4, 5, 3))
    second[0, 0, 0, 0] = -1
    np.testing.assert_allclose(mean_l1(first, second), [1 / 120])
    np.testing.assert_allclose(mean_l1(second, first), [1 / 120])


def test_half_precision_pictures_lose_nothing_in_the_sum():
    first = np.full((1, 512, 512, 3), 0.5, np.float16)
    np.testing.assert_array_equal(mean_l1(first, -first), [0.5])
