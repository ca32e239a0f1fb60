from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.task import Workspace
from benchmarks.worker import Outputs
from tests import forked
from tests.benchmarks.test_tfhd_work import SMALL


def two_steps(folder: Path) -> list[Outputs]:
    from benchmarks import training_work

    run = training_work.training_step(SMALL, Workspace(folder))
    return [run(), run()]


def test_a_step_returns_the_losses_before_it_and_trains(tmp_path):
    # In a new process, since it configures TensorFlow's threads, which is possible only before anything has run.
    with ProcessPoolExecutor(1, forked.context) as process:
        first, second = process.submit(two_steps, tmp_path).result()
    assert sorted(first) == ["discriminator_fake", "discriminator_real", "feature_matching", "generator_gan"]
    assert all(np.isfinite(value) for value in first.values())
    assert all(first[name] != second[name] for name in first)
