from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmarks import tfhd_work
from benchmarks.task import Task, Workspace

SMALL = Task(32, 64, instances=3, filters=4, discriminator_filters=4, num_scales=1)


def test_pooling_gives_each_instance_its_mean(tmp_path):
    features = tfhd_work.pooling(SMALL, Workspace(tmp_path))()["features"]
    assert features.shape == (1, 32, 64, 3)
    assert len(np.unique(features.reshape(-1, 3), axis=0)) == 3


@pytest.mark.parametrize("enhancers", [0, 1])
def test_inference_paints_a_picture(tmp_path, enhancers):
    task = Task(64, 64, filters=4, num_enhancers=enhancers)
    assert tfhd_work.inference(task, Workspace(tmp_path))()["picture"].shape == (1, 64, 64, 3)


def test_an_epoch_of_files_reads_what_was_written_as_large_as_a_camera_writes_it(tmp_path):
    batch = tfhd_work.files(Task(32, 64, pictures=2), Workspace(tmp_path))()
    assert batch["image"].shape == (1, 32, 64, 3)
    photos = sorted((tmp_path / "leftImg8bit" / "train" / "city").iterdir())
    for path in photos:
        with Image.open(path) as photo:
            assert photo.size == (2048, 1024)
    assert all(2e6 < path.stat().st_size < 3e6 for path in photos)  # Cityscapes: 2.4 MB on average


def test_an_epoch_of_streets_needs_no_files(tmp_path):
    assert tfhd_work.streets(Task(32, 64, pictures=2), Workspace(tmp_path))()["label"].shape == (1, 32, 64)
    assert not any(tmp_path.iterdir())
