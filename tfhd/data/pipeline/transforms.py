"""Joint resizing, cropping and mirroring of label, instance and photo; all randomness comes from the generator passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.readers import Sample


class Transform(Protocol):
    """Turns a sample into another one."""

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Applies itself; a deterministic transform leaves `random` alone."""

    def size_after(self, size: tuple[int, int], source: str) -> tuple[int, int]:
        """Height and width that it makes of those of a picture; raises `InputError` where it cannot be applied."""


@dataclass(frozen=True)
class Resize:
    """Scales to `height` x `width`: pictures bicubic, label and instance maps to the nearest pixel, so that ids survive."""

    height: int
    width: int

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        return _resized(sample, self.height, self.width)

    def size_after(self, size: tuple[int, int], source: str) -> tuple[int, int]:
        return self.height, self.width


@dataclass(frozen=True)
class ScaleWidth:
    """Scales to `width` and keeps the shape, with the height rounded to a multiple of `multiple`."""

    width: int
    multiple: int = 1

    def height_of(self, height: int, width: int) -> int:
        """The height that a picture of this height and width gets."""
        return round_to_multiple(height * self.width / width, self.multiple)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        return _resized(sample, self.height_of(*sample.size), self.width)

    def size_after(self, size: tuple[int, int], source: str) -> tuple[int, int]:
        return self.height_of(*size), self.width


@dataclass(frozen=True)
class Crop:
    """Cuts a window of `height` x `width`: anywhere if `anywhere`, else from the middle.

    Raises:
        InputError: the picture is smaller than the window.
    """

    height: int
    width: int
    anywhere: bool

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        height, width = sample.size
        self.size_after((height, width), sample.source)
        top, left = (height - self.height) // 2, (width - self.width) // 2
        if self.anywhere:
            top, left = random.integers(height - self.height + 1), random.integers(width - self.width + 1)
        window = slice(top, top + self.height), slice(left, left + self.width)
        return sample._replace(label=sample.label[window], instance=sample.instance[window], image=sample.image[window])

    def size_after(self, size: tuple[int, int], source: str) -> tuple[int, int]:
        height, width = size
        if height < self.height or width < self.width:
            raise InputError(
                f"{source}: the picture is {width}x{height} (width x height) where a window of {self.width}x{self.height} "
                f"is to be cut; lower data.height and data.width, raise data.load_width, or set data.resize to exact"
            )
        return self.height, self.width


@dataclass(frozen=True)
class Flip:
    """Mirrors left and right half of the time."""

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        if random.random() < 0.5:
            return sample
        return sample._replace(label=sample.label[:, ::-1], instance=sample.instance[:, ::-1], image=sample.image[:, ::-1])

    def size_after(self, size: tuple[int, int], source: str) -> tuple[int, int]:
        return size


def build_transforms(config: Config, training: bool) -> tuple[Transform, ...]:
    """The transforms of `config.data`; without `training`, windows come from the middle and nothing is mirrored."""
    data = config.data
    height, width = picture_size(config)
    load_width = round_to_multiple(data.load_width, config.size_multiple)
    steps: dict[str, tuple[Transform, ...]] = {
        "exact": (Resize(height, width),),
        "scale_width": (ScaleWidth(width, config.size_multiple),),
        "crop": (Crop(height, width, anywhere=training),),
        "scale_width_and_crop": (ScaleWidth(load_width), Crop(height, width, anywhere=training)),
    }
    return steps[data.resize] + ((Flip(),) if training and data.flip else ())


def apply_transforms(transforms: Sequence[Transform], sample: Sample, random: np.random.Generator) -> Sample:
    """Applies the transforms in order."""
    for transform in transforms:
        sample = transform(sample, random)
    return sample


def trained_size(config: Config, size: tuple[int, int], source: str) -> tuple[int, int]:
    """Height and width that the networks are given of a picture.

    Args:
        config: the experiment of one stage.
        size: height and width of the picture's photo.
        source: where the picture comes from, for the message.

    Raises:
        InputError: no window can be cut from it, or it becomes too small for the networks.
    """
    given = size
    for transform in build_transforms(config, training=False):
        size = transform.size_after(size, source)
    if min(size) < config.smallest_size:
        raise InputError(
            f"{source}: the picture of {given[1]}x{given[0]} (width x height) becomes {size[1]}x{size[0]}, and the networks need "
            f"at least {config.smallest_size} pixels each way; leave it out, raise data.width, or set data.resize to exact"
        )
    return size


def picture_size(config: Config) -> tuple[int, int]:
    """Height and width of `config.data`, rounded to what the networks need; in scale_width mode photos have their own height."""
    multiple = config.size_multiple
    return round_to_multiple(config.data.height, multiple), round_to_multiple(config.data.width, multiple)


def round_to_multiple(size: float, multiple: int) -> int:
    """The multiple nearest to `size`, upward from the middle, and at least one `multiple`."""
    return max(1, int(size / multiple + 0.5)) * multiple


def _resized(sample: Sample, height: int, width: int) -> Sample:
    if sample.size == (height, width):
        return sample
    label = (_nearest if sample.label.ndim == 2 else _bicubic)(sample.label, height, width)
    instance, image = _nearest(sample.instance, height, width), _bicubic(sample.image, height, width)
    return sample._replace(label=label, instance=instance, image=image)


def _nearest(ids: np.ndarray, height: int, width: int) -> np.ndarray:
    # int32 arrays become Pillow's mode I, which holds 16-bit ids unharmed.
    return np.asarray(Image.fromarray(ids).resize((width, height), Image.Resampling.NEAREST))


def _bicubic(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    if picture.dtype == np.uint8 and picture.shape[2] == 3:
        return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))
    highest = np.iinfo(picture.dtype).max
    resized = np.empty((height, width, picture.shape[2]), picture.dtype)
    for channel in range(picture.shape[2]):  # in float32, which holds 16 bits unharmed; Pillow rounds 8 bits by itself
        plane = picture[..., channel] if highest == 255 else picture[..., channel].astype(np.float32)
        made = np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC))
        resized[..., channel] = made if highest == 255 else np.clip(np.rint(made), 0, highest)
    return resized
