from __future__ import annotations

import numpy as np
import pytest

from tfhd.layers.control_dependency import zero_after


@pytest.mark.parametrize("value", [0.0, -2.5, 1e30, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("shape", [(1,), (2, 3), (1, 4, 5, 2)])
def test_the_result_is_zero_whatever_the_tensor_holds(value, shape):
    zero = zero_after(np.full(shape, value, np.float32))
    assert np.shape(zero) == ()
    assert float(zero) == 0.0
