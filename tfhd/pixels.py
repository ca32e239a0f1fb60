"""What the numbers of a picture mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tfhd.errors import InputError

PixelDtype = Literal["uint8", "uint16"]
MAX_CHANNELS = 64


@dataclass(frozen=True)
class PixelType:
    """Channels of a picture, their type, and which numbers are the darkest and the brightest.

    Raises:
        InputError: a value is out of range, or the darkest number is not below the brightest.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's way for dataclasses

    channels: int = 3
    """Channels: 1 is gray, 3 RGB; files with another number are refused."""
    dtype: PixelDtype = "uint8"
    """Type of a channel: uint8 or uint16; files of another are refused."""
    low: int = 0
    """The lowest number that occurs, which the networks see as -1."""
    high: int | None = None
    """The highest number that occurs, which they see as 1 (4095 of 12 bits); by default the highest of dtype."""

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise InputError(f"channels is {self.channels}; it must be within 1..{MAX_CHANNELS}")
        most = np.iinfo(self.dtype).max
        if not 0 <= self.low < self.highest <= most:
            raise InputError(f"low..high is {self.low}..{self.highest}; of {self.dtype} it must rise within 0..{most}")

    @property
    def highest(self) -> int:
        """`high`, or what stands for it."""
        return int(np.iinfo(self.dtype).max) if self.high is None else self.high

    def scaled(self, numbers: Any) -> Any:
        """Numbers, a float32 array or tensor, as the networks see them: `low` to `high` becomes -1 to 1."""
        return (numbers - float(self.low)) / ((self.highest - self.low) / 2) - 1.0

    def unscaled(self, image: Any) -> Any:
        """The inverse of `scaled`, not rounded."""
        return (image + 1.0) * ((self.highest - self.low) / 2) + float(self.low)

    def numbers(self, image: np.ndarray) -> np.ndarray:
        """What a network painted, float in [-1, 1], as numbers of `dtype` within `low`..`high`."""
        return np.clip(np.rint(self.unscaled(image)), self.low, self.highest).astype(self.dtype)

    def clipped(self, picture: np.ndarray) -> np.ndarray:
        """A picture within `low`..`high`, which resizing may have left."""
        is_whole = self.low == 0 and self.highest == np.iinfo(self.dtype).max
        return picture if is_whole else np.clip(picture, self.low, self.highest)

    def require_within(self, picture: np.ndarray, source: object) -> None:
        """Raises `InputError` where a picture has numbers outside `low`..`high`; `source` is its name for the message."""
        least, most = int(picture.min()), int(picture.max())
        if least < self.low or most > self.highest:
            raise InputError(
                f"{source}: holds numbers {least}..{most}, where {self.low}..{self.highest} are expected; correct the file, or "
                "set low and high of these pixels to the range of all files"
            )


RGB = PixelType()
"""What photos are."""


def shown(image: np.ndarray) -> np.ndarray:
    """A picture for people, uint8 RGB `(..., 3)`, of float `(..., channels)` in [-1, 1]: gray as such, else the first channels.

    Two channels are red and green.
    """
    channels = image.shape[-1]
    if channels == 2:
        image = np.concatenate([image, np.full_like(image[..., :1], -1.0)], axis=-1)
    return RGB.numbers(np.repeat(image, 3, axis=-1) if channels == 1 else image[..., :3])
