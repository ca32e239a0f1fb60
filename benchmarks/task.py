"""The task of a comparison: its sizes, its folder and its input batch. Imports neither TensorFlow nor PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

NUM_CLASSES = 35
TRAINING_STEP = "training step"
"""Name of the work that input pipelines are compared with."""
Device = Literal["cpu", "gpu"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Task:
    """Sizes and options of a piece of work, the same for both sides of a comparison.

    Attributes:
        height: rows of an image.
        width: columns of an image.
        batch_size: images per batch.
        instances: instances per image; 28 is the median of 18 images of Cityscapes.
        filters: filters of the generator's first convolution.
        num_enhancers: local enhancers around the global generator.
        discriminator_filters: filters of each discriminator's first convolution.
        num_scales: number of discriminators.
        pictures: images in one pass through the input pipeline.
        device: device to run on.
        precision: floating-point precision of the networks.
        jit: whether tfhd compiles with XLA.
    """

    height: int
    width: int
    batch_size: int = 1
    instances: int = 28
    filters: int = 64
    num_enhancers: int = 0
    discriminator_filters: int = 64
    num_scales: int = 3
    pictures: int = 1
    device: Device = "cpu"
    precision: Precision = "float32"
    jit: bool = False


@dataclass(frozen=True)
class Workspace:
    """Folders that the contenders of a comparison use.

    Attributes:
        folder: a folder shared by the contenders, empty at the start and deleted at the end.
        original: checkout of the original; None if it does not take part.
    """

    folder: Path
    original: Path | None = None

    @property
    def weights(self) -> Path:
        """The npz file of the weights that both sides start from, written by the original (names: network's letter/its name)."""
        return self.folder / "weights.npz"


def block_means(picture: np.ndarray) -> np.ndarray:
    """Averages blocks of 8x8 pixels of uint8 `(N, H, W, 3)`, scaled to [-1, 1].

    Single pixels do not show how close two networks are: a value between two levels may be rounded either way.
    """
    samples, height, width, channels = picture.shape
    return picture.reshape(samples, height // 8, 8, width // 8, 8, channels).mean(axis=(2, 4)) / 127.5 - 1


class Batch(NamedTuple):
    """A batch that takes as long to compute as real images.

    Attributes:
        label: int32 (N, H, W), class indices.
        instance: int32 (N, H, W), ids from 1000 up.
        image: float32 (N, H, W, 3) in [-1, 1].
    """

    label: np.ndarray
    instance: np.ndarray
    image: np.ndarray


def random_batch(task: Task) -> Batch:
    """Makes the same batch in every process: rows of boxes of random classes, `task.instances` in all, and noise as photos."""
    random = np.random.default_rng(0)
    size = (task.batch_size, task.height, task.width)
    rows = max(1, round((task.instances * task.height / task.width) ** 0.5))
    row = np.arange(task.height)[:, None] * rows // task.height
    box = ((row + np.arange(task.width) / task.width) * task.instances / rows).astype(np.int32)
    label = random.integers(0, NUM_CLASSES, task.instances, np.int32)[box]
    image = random.uniform(-1, 1, (*size, 3)).astype(np.float32)
    return Batch(np.broadcast_to(label, size).copy(), np.broadcast_to(1000 + box, size).copy(), image)
