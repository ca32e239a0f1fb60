from __future__ import annotations

import numpy as np
import pytest

from benchmarks.task import NUM_CLASSES, Task, random_batch


@pytest.mark.parametrize(("height", "width", "instances"), [(256, 512, 28), (1024, 2048, 60), (16, 32, 1), (64, 32, 7)])
def test_a_batch_has_as_many_instances_as_asked_for_all_about_equally_large(height, width, instances):
    batch = random_batch(Task(height, width, batch_size=2, instances=instances))
    assert batch.label.shape == batch.instance.shape == (2, height, width)
    ids, pixels = np.unique(batch.instance[0], return_counts=True)
    assert len(ids) == instances
    assert pixels.max() <= 2 * pixels.min()
    assert all(len(np.unique(batch.label[0][batch.instance[0] == number])) == 1 for number in ids)


def test_values_are_those_of_a_batch():
    batch = random_batch(Task(32, 64))
    assert (batch.label.dtype, batch.instance.dtype, batch.image.dtype) == (np.int32, np.int32, np.float32)
    assert 0 <= batch.label.min() <= batch.label.max() < NUM_CLASSES
    assert -1 <= batch.image.min() < -0.9 < 0.9 < batch.image.max() <= 1


def test_every_process_makes_the_same_batch():
    for one, other in zip(random_batch(Task(32, 64)), random_batch(Task(32, 64)), strict=True):
        np.testing.assert_array_equal(one, other)
