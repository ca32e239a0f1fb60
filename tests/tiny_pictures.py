"""Pairs of pictures of any kind, small and made in code, for tests of `data.input` image."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfhd.config import Config, DataConfig, DiscriminatorConfig, EncoderConfig, GeneratorConfig, LossConfig, PixelType
from tfhd.pictures import write_picture
from tfhd.readers.reading import read_numbers

HEIGHT, WIDTH = 32, 64
GRAY16, RGB8, GRAY8, FIVE16 = PixelType(1, "uint16"), PixelType(), PixelType(1), PixelType(5, "uint16", 100, 4095)

# Networks that are traced in seconds; three epochs.
NETWORKS = shlex.split(
    """
    --generator.filters 4 --generator.num-downsamples 2 --generator.num-residual-blocks 1
    --discriminator.filters 4 --discriminator.num-layers 2 --discriminator.num-scales 1 --loss.perceptual-weight 0
    --data.height 32 --data.width 64 --stages.global.epochs 2 --stages.global.decay-epochs 1
    --training.checkpoint-every 2 --training.samples-every 4 --training.validate-every 4 --training.log-every 2
    """
)


@dataclass(frozen=True)
class Kind:
    """A kind of training.

    Attributes:
        given: pixels of the input.
        made: pixels of the output.
        edges: whether instance maps go with the input.
        suffixes: of the files of both.
    """

    given: PixelType
    made: PixelType
    edges: bool = False
    suffixes: tuple[str, str] = (".png", ".png")


KINDS = {
    "gray16 to rgb": Kind(GRAY16, RGB8),
    "rgb to gray": Kind(RGB8, GRAY8, edges=True),
    "5 channels to rgb": Kind(FIVE16, RGB8, suffixes=(".npy", ".png")),
    "rgb16 to rgba16": Kind(PixelType(3, "uint16", 10, 65000), PixelType(4, "uint16"), suffixes=(".tif", ".png")),
}


def numbers(pixels: PixelType, seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Blocks of random numbers within the range, its ends included: `(height, width, channels)`."""
    random = np.random.default_rng(seed)
    blocks = random.integers(pixels.low, pixels.highest + 1, (-(-height // 8), -(-width // 8), pixels.channels))
    blocks[0, 0], blocks[0, 1] = pixels.low, pixels.highest
    return blocks.astype(pixels.dtype).repeat(8, axis=0).repeat(8, axis=1)[:height, :width]


def instances(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Ids above 8 bits in quarters: uint16 `(height, width)`."""
    rows, columns = np.indices((height, width))
    return (26001 + (rows >= height // 2) * 2 + (columns >= width // 2)).astype(np.uint16)


def write_pairs(root: Path, kind: Kind, count: int = 2, split: str = "train", first: int = 0) -> Path:
    for number in range(first, first + count):
        for side, pixels, suffix in zip("AB", (kind.given, kind.made), kind.suffixes, strict=True):
            write_picture(root / f"{split}_{side}" / f"{number}{suffix}", numbers(pixels, 2 * number + (side == "B")))
        if kind.edges:
            write_picture(root / f"{split}_inst" / f"{number}.png", instances()[..., None])
    return root


def data_config(kind: Kind, root: Path | str = "", **fields) -> DataConfig:
    size = {"height": HEIGHT, "width": WIDTH} | fields
    return DataConfig(
        root=str(root), input="image", input_pixels=kind.given, output_pixels=kind.made, instance_edges=kind.edges, **size
    )


def picture_config(kind: Kind, root: Path | str = "", **fields) -> Config:
    return Config(
        data=data_config(kind, root, **fields),
        generator=GeneratorConfig(filters=4, num_downsamples=2, num_residual_blocks=1),
        discriminator=DiscriminatorConfig(filters=4, num_layers=2, num_scales=2),
        encoder=EncoderConfig(feature_channels=0),
        loss=LossConfig(perceptual_weight=0.0),
    )


def flags(kind: Kind, root: Path, out: Path) -> list[str]:
    """Of `tfhd train fit`."""
    found = ["pictures", "--data.root", str(root), *NETWORKS, "--out", str(out)]
    for name, pixels in (("input", kind.given), ("output", kind.made)):
        found += [f"--data.{name}-pixels.channels", str(pixels.channels), f"--data.{name}-pixels.dtype", pixels.dtype]
        found += [f"--data.{name}-pixels.low", str(pixels.low)]
        found += [f"--data.{name}-pixels.high", str(pixels.high)] if pixels.high is not None else []
    return [*found, "--data.instance-edges"] if kind.edges else found


def read(path: Path, pixels: PixelType) -> np.ndarray:
    return read_numbers(path, pixels, path)
