from __future__ import annotations

import numpy as np

from demo.painting import different


def test_styles_to_show_lie_far_apart():
    centers = np.array([[0.0, 0], [0.1, 0], [1, 0], [0, 3]], np.float32)
    assert different(centers, 3) == [0, 3, 2]
    assert different(centers[:2], 3) == [0, 1]
