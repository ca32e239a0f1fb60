"""What a contender is asked to do. Free of TensorFlow and PyTorch, for both sides to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

NUM_CLASSES = 35
TRAINING_STEP = "training step"
"""Name of that work, beside which input pipelines are put."""
Device = Literal["cpu", "gpu"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Task:
    """One piece of work; both sides of a comparison get the same.

    Attributes:
        height: rows of a picture.
        width: columns of a picture.
        batch_size: pictures at once.
        instances: instance ids in a picture; 28 is the median of 18 pictures of Cityscapes.
        filters: of the generator's first convolution.
        num_enhancers: local enhancers around the global generator.
        discriminator_filters: of each discriminator's first convolution.
        num_scales: discriminators.
        pictures: pictures of one pass through the input pipeline.
        device: where to run.
        precision: arithmetic of the networks.
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
class Surroundings:
    """What a contender finds around it.

    Attributes:
        folder: an empty folder that the contenders share and that goes when they are done.
        original: checkout of the original; None where it does not take part.
    """

    folder: Path
    original: Path | None = None

    @property
    def weights(self) -> Path:
        """Where the original writes the weights that both sides start from (.npz: network's letter/its name)."""
        return self.folder / "weights.npz"


def block_means(picture: np.ndarray) -> np.ndarray:
    """Means of 8x8 pixels of uint8 `(N, H, W, 3)`, in [-1, 1].

    Where a value lies between two levels, rounding can go either way and tells nothing of how close the networks are.
    """
    samples, height, width, channels = picture.shape
    return picture.reshape(samples, height // 8, 8, width // 8, 8, channels).mean(axis=(2, 4)) / 127.5 - 1


class Pictures(NamedTuple):
    """A batch that costs the time that real pictures would, and shows nothing.

    Attributes:
        label: int32 (N, H, W), class indices.
        instance: int32 (N, H, W), ids from 1000 up.
        image: float32 (N, H, W, 3) in [-1, 1].
    """

    label: np.ndarray
    instance: np.ndarray
    image: np.ndarray


def pictures(task: Task) -> Pictures:
    """The same batch in every process: rows of boxes of random classes, `task.instances` in all, and noise for photos."""
    random = np.random.default_rng(0)
    size = (task.batch_size, task.height, task.width)
    rows = max(1, round((task.instances * task.height / task.width) ** 0.5))
    row = np.arange(task.height)[:, None] * rows // task.height
    box = ((row + np.arange(task.width) / task.width) * task.instances / rows).astype(np.int32)
    label = random.integers(0, NUM_CLASSES, task.instances, np.int32)[box]
    image = random.uniform(-1, 1, (*size, 3)).astype(np.float32)
    return Pictures(np.broadcast_to(label, size).copy(), np.broadcast_to(1000 + box, size).copy(), image)
