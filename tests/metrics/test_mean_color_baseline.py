from __future__ import annotations

import numpy as np

from tfhd.metrics import class_mean_colors, paint_classes


def picture(*pixels: tuple[int, tuple[float, float, float]]) -> dict[str, np.ndarray]:
    """A batch of one picture, one row high, from (class, colour) pairs."""
    label = np.array([[[number for number, _ in pixels]]], np.int32)
    return {"label": label, "image": np.array([[[color for _, color in pixels]]], np.float32)}


def test_colors_are_means_over_all_pixels_of_all_batches():
    batches = [
        picture((0, (1, 0, -1)), (0, (0, 0, 0)), (2, (0.5, 0.5, 0.5))),
        picture((0, (-1, 0.6, -0.5)), (0, (0, 0, 0))),
    ]
    colors = class_mean_colors(iter(batches), 3)
    assert colors.dtype == np.float32
    np.testing.assert_allclose(colors[0], [0, 0.15, -0.375], atol=1e-7)
    np.testing.assert_allclose(colors[2], [0.5, 0.5, 0.5], atol=1e-7)


def test_a_class_without_pixels_gets_the_mean_of_all():
    colors = class_mean_colors([picture((0, (1, 1, 1)), (1, (0, 0, 0)), (1, (0, 0, 0)), (1, (0, 0, 0)))], 4)
    np.testing.assert_allclose(colors[2:], np.full((2, 3), 0.25), atol=1e-7)


def test_no_batches_give_gray():
    np.testing.assert_array_equal(class_mean_colors([], 2), np.zeros((2, 3)))


def test_painting_gives_every_pixel_its_class_color():
    colors = np.array([[0, 0, 0], [1, -1, 0.5]], np.float32)
    painted = paint_classes(np.array([[[0, 1], [1, 1]]], np.int32), colors)
    assert (painted.shape, painted.dtype) == ((1, 2, 2, 3), np.float32)
    np.testing.assert_array_equal(painted[0, 0], colors)
    np.testing.assert_array_equal(painted[0, 1], colors[[1, 1]])


def test_no_other_color_per_class_is_nearer_in_squared_distance():
    random = np.random.default_rng(0)
    batch = {"label": random.integers(0, 3, (2, 8, 8)), "image": random.uniform(-1, 1, (2, 8, 8, 3))}
    colors = class_mean_colors([batch], 3)

    def distance(palette: np.ndarray) -> float:
        return float(np.square(paint_classes(batch["label"], palette) - batch["image"]).sum())

    for _ in range(20):
        assert distance(colors) < distance(colors + random.normal(scale=0.05, size=colors.shape).astype(np.float32))
