"""What a converted model holds beside the generator where it reads maps: the way from raw ids to the generator's input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tfhd.label_sets import LabelSet
from tfhd.runs import TrainedRun
from tfhd.styles import StyleTable

Inputs = Literal["encoded", "maps"]
"""What a converted model reads: what the generator does, or label, instance and style maps."""

LABEL, INSTANCE, STYLE = "label", "instance", "style"
STYLES = "styles.json"
"""Beside a model that reads style maps: how many styles a label has, see `tfhd_client.style_map`."""


@dataclass(frozen=True, eq=False)
class MapTables:
    """The constants of a model that reads maps.

    Attributes:
        class_of_id: int32 `(highest id + 3,)`, class index by raw id + 1, and `num_classes` where there is none; the first entry
            stands for all numbers below 0, the last for all above the highest id.
        num_classes: classes of the label set.
        styles: float32 `(num_classes + 1, K, C)`, the style table, and zeros for pixels of no class; None without an encoder.
        counts: int32 `(num_classes,)`, styles of each class; None without an encoder.
    """

    class_of_id: np.ndarray
    num_classes: int
    styles: np.ndarray | None
    counts: np.ndarray | None

    @classmethod
    def of(cls, label_set: LabelSet, table: StyleTable | None) -> MapTables:
        """The constants of a label set and its style table, if there is one."""
        owners = {value: index for index, item in enumerate(label_set.classes) for value in item.ids}
        class_of_id = np.full(max(owners) + 3, label_set.num_classes, np.int32)
        class_of_id[np.array(list(owners)) + 1] = list(owners.values())
        styles = None if table is None else np.pad(table.centers, ((0, 1), (0, 0), (0, 0)))
        return cls(class_of_id, label_set.num_classes, styles, None if table is None else table.counts)

    @classmethod
    def of_run(cls, run: TrainedRun) -> MapTables:
        """The constants for a run's models, with the styles that its weights made; raises `InputError` as `run.styles` does."""
        return cls.of(run.label_set, run.styles())

    @property
    def inputs(self) -> tuple[str, ...]:
        """The maps that a model reads, all integer `(batch, height, width)`.

        `label` holds raw ids, `instance` ids 0..65535, and `style`, which is there with an encoder, which of its class's styles
        a pixel has, 0..K-1.
        """
        return (LABEL, INSTANCE) if self.styles is None else (LABEL, INSTANCE, STYLE)

    @property
    def num_styles(self) -> int:
        """K, or 1 without an encoder."""
        return 1 if self.styles is None else self.styles.shape[1]

    @property
    def known_ids(self) -> np.ndarray:
        """Raw ids that belong to a class, rising."""
        return np.flatnonzero(self.class_of_id < self.num_classes) - 1

    def raw_ids(self, classes: np.ndarray) -> np.ndarray:
        """An id of each class index in an integer array, int64 of its shape."""
        id_of_class = np.zeros(self.num_classes, np.int64)
        id_of_class[self.classes(self.known_ids)] = self.known_ids
        return id_of_class[classes]

    def classes(self, label: np.ndarray) -> np.ndarray:
        """Class indices of an integer array of raw ids, int32 of its shape; `num_classes` where no class lists the id."""
        return self.class_of_id[np.clip(label, -1, len(self.class_of_id) - 2) + 1]

    def features(self, classes: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Style vectors of pixels, float32 `(batch, height, width, C)`; C is 0 without an encoder.

        Args:
            classes: integer `(batch, height, width)`, class indices, `num_classes` for pixels of no class.
            style: integer `(batch, height, width)`; below 0 is taken for 0, and above K-1 for K-1.
        """
        if self.styles is None:
            return np.zeros((*classes.shape, 0), np.float32)
        return self.styles[classes, np.clip(style, 0, self.num_styles - 1)]

    def write_counts(self, folder: Path) -> None:
        """Writes styles.json, raw label id to number of styles, where the model has an encoder."""
        if self.counts is not None:
            ids = self.known_ids
            counts = dict(zip(ids.tolist(), self.counts[self.classes(ids)].tolist(), strict=True))
            (folder / STYLES).write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
