"""What a contender is asked to do. Free of TensorFlow and PyTorch, for both sides to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

NUM_CLASSES = 35
Device = Literal["cpu", "gpu"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Task:
    """One piece of work; both sides of a comparison get the same.

    Attributes:
        height: rows of a picture.
        width: columns of a picture.
        weights: where the original writes the weights that both sides use; None: tfhd starts from its own random ones.
        original: checkout of the original; only its side reads it.
        batch_size: pictures at once.
        instances: instance ids in a picture.
        filters: of the generator's first convolution.
        num_enhancers: local enhancers around the global generator.
        num_residual_blocks: of the global generator.
        discriminator_filters: of each discriminator's first convolution.
        num_scales: discriminators.
        encoder_filters: of the encoder's first convolution.
        device: where to run.
        precision: arithmetic of the networks.
        jit: whether tfhd compiles with XLA.
    """

    height: int
    width: int
    weights: Path | None = None
    original: Path | None = None
    batch_size: int = 1
    instances: int = 28
    filters: int = 64
    num_enhancers: int = 0
    num_residual_blocks: int = 9
    discriminator_filters: int = 64
    num_scales: int = 3
    encoder_filters: int = 16
    device: Device = "cpu"
    precision: Precision = "float32"
    jit: bool = False


class Pictures(NamedTuple):
    """A batch that has the statistics that cost time, and no meaning.

    Attributes:
        label: int32 (N, H, W), class indices.
        instance: int32 (N, H, W), ids 1000 and up.
        image: float32 (N, H, W, 3) in [-1, 1].
    """

    label: np.ndarray
    instance: np.ndarray
    image: np.ndarray


def pictures(task: Task) -> Pictures:
    """The same batch for every process that asks: `task.instances` upright stripes of random classes, and noise for photos."""
    random = np.random.default_rng(0)
    size = (task.batch_size, task.height, task.width)
    stripe = np.arange(task.width) * task.instances // task.width
    classes = random.integers(0, NUM_CLASSES, task.instances)
    label = np.broadcast_to(classes[stripe], size)
    image = random.uniform(-1, 1, (*size, 3))
    return Pictures(label.astype(np.int32), np.broadcast_to(1000 + stripe, size).astype(np.int32), image.astype(np.float32))
