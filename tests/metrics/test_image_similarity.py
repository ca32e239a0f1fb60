from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfhd.metrics import psnr, ssim, style_diversity


@pytest.fixture
def pictures() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    first = random.uniform(-1, 1, (3, 20, 28, 3)).astype(np.float32)
    noise = random.normal(scale=[[[[0.05]]], [[[0.3]]], [[[1.0]]]], size=first.shape)
    return first, np.clip(first + noise, -1, 1).astype(np.float32)


def test_psnr_equals_that_of_tensorflow(pictures):
    np.testing.assert_allclose(psnr(*pictures), tf.image.psnr(*pictures, max_val=2.0), rtol=1e-6)


def test_ssim_equals_that_of_tensorflow(pictures):
    np.testing.assert_allclose(ssim(*pictures), tf.image.ssim(*pictures, max_val=2.0), atol=1e-6)


def test_equal_pictures_are_as_alike_as_can_be(pictures):
    assert np.isinf(psnr(pictures[0], pictures[0])).all()
    np.testing.assert_allclose(ssim(pictures[0], pictures[0]), 1.0)


def test_pictures_smaller_than_a_window_are_refused():
    with pytest.raises(ValueError, match="10x30; SSIM takes at least 11"):
        ssim(np.zeros((1, 10, 30, 3)), np.zeros((1, 10, 30, 3)))


def test_diversity_is_the_mean_over_all_pairs():
    styles = np.stack([np.full((4, 4, 3), value) for value in (-1.0, 0.0, 1.0)])
    assert style_diversity(styles) == pytest.approx((0.5 + 1.0 + 0.5) / 3)
