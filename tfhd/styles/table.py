"""The style table and its npz file."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfhd.errors import InputError
from tfhd.files import written


@dataclass(frozen=True, eq=False)
class StyleTable:
    """The styles that a model has learned for each class, the most common first.

    Every entry is a usable vector: rows past a class's count repeat its first style, and a class without styles holds the
    mean of all recorded vectors in every row.

    Args:
        centers: float32 `(classes, K, C)`, style vectors in [-1, 1].
        counts: int32 `(classes,)`, how many of the K rows are styles of the class, 0..K.
        origin: the weights of the encoder that made it, see `tfhd.runs.TrainedRun.weights_name`; empty if unknown.

    Raises:
        ValueError: shapes do not fit each other, a count is out of range, or a vector is not finite.
    """

    centers: np.ndarray
    counts: np.ndarray
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "centers", np.asarray(self.centers, np.float32))
        object.__setattr__(self, "counts", np.asarray(self.counts, np.int32))
        if self.centers.ndim != 3 or 0 in self.centers.shape:
            raise ValueError(f"centers have shape {self.centers.shape}; expected (classes, styles, channels), none of them 0")
        if self.counts.shape != self.centers.shape[:1]:
            raise ValueError(f"counts have shape {self.counts.shape}; expected {self.centers.shape[:1]}, one for each class")
        if self.counts.min() < 0 or self.counts.max() > self.centers.shape[1]:
            raise ValueError(f"counts are {self.counts.min()}..{self.counts.max()}; expected 0..{self.centers.shape[1]}")
        if not np.isfinite(self.centers).all():
            raise ValueError("centers hold values that are not finite; record them with a network that has not diverged")

    def save(self, path: str | Path) -> None:
        """Writes the table as an npz file; raises `InputError` as `tfhd.files.written` does."""
        with written(path, "style table") as partial, open(partial, "wb") as file:
            np.savez(file, centers=self.centers, counts=self.counts, origin=self.origin)

    @classmethod
    def load(cls, path: str | Path) -> StyleTable:
        """Reads what `save` wrote.

        Raises:
            InputError: the file is missing, damaged, or holds something else.
        """
        remedy = f"write it anew with `tfhd train styles {Path(path).parent}`"
        try:
            with np.load(path, allow_pickle=False) as file:
                centers, counts, origin = file["centers"], file["counts"], str(file["origin"])
        # For an .npy file np.load returns a bare array, which is no context manager.
        except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or "it is damaged or holds something else"
            raise InputError(f"{path}: cannot read the style table ({reason}); {remedy}") from None
        if centers.dtype != np.float32 or counts.dtype != np.int32:
            raise InputError(f"{path}: holds {centers.dtype} and {counts.dtype} where float32 and int32 are expected; {remedy}")
        try:
            return cls(centers, counts, origin)
        except ValueError as error:
            raise InputError(f"{path}: {error}; {remedy}") from None
