"""The constants that a converted model needs to read maps: from raw ids to the generator's input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.graph.label_lookup import short_class_table
from tfhd.label_sets import LabelSet
from tfhd.runs import TrainedRun
from tfhd.styles import StyleTable

Inputs = Literal["encoded", "maps"]
"""What a converted model reads: the generator's own input, or label, instance and style maps."""

LABEL, INSTANCE, STYLE = "label", "instance", "style"
STYLES_FILE = "styles.json"
"""Beside a model that reads style maps: the number of styles of each raw label id, see `tfhd_client.read_style_counts`."""


@dataclass(frozen=True, eq=False)
class MapTables:
    """The constants of a model that reads maps.

    Attributes:
        class_of_id: int32 `(highest id + 3,)`, class index by raw id + 1, `num_classes` where no class lists the id; the first
            entry stands for all numbers below 0, the last for all above the highest id.
        num_classes: classes of the label set.
        instance_edges: whether the generator reads instance edges; without them, the model reads no instance map.
        styles: float32 `(num_classes + 1, K, C)`, the style table, and zeros for pixels of no class; None without an encoder.
        counts: int32 `(num_classes,)`, styles of each class; None without an encoder.
    """

    class_of_id: np.ndarray
    num_classes: int
    instance_edges: bool
    styles: np.ndarray | None
    counts: np.ndarray | None

    @classmethod
    def of(cls, label_set: LabelSet, table: StyleTable | None, instance_edges: bool = True) -> MapTables:
        """The constants for a label set and its style table, if it has one."""
        class_of_id = np.insert(short_class_table(label_set), 0, -1)
        class_of_id[class_of_id < 0] = label_set.num_classes
        styles = None if table is None else np.pad(table.centers, ((0, 1), (0, 0), (0, 0)))
        return cls(class_of_id, label_set.num_classes, instance_edges, styles, None if table is None else table.counts)

    @classmethod
    def of_run(cls, run: TrainedRun) -> MapTables:
        """The constants for a run's generator; raises `InputError` as `run.styles` does, or where its input is pictures."""
        if run.config.data.input == "image":
            raise InputError(
                f"{run.folder}: was trained on pictures, so there are no label maps to read; leave out --inputs maps, and give "
                "the model the picture in [-1, 1], followed by instance edges if it was trained with them"
            )
        return cls.of(run.label_set, run.styles(), run.networks.label_encoding.instance_edges)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the maps that a model reads, all integer `(batch, height, width)`.

        `label` holds raw ids; `instance`, if the generator reads edges, ids 0..65535; `style`, with an encoder, the number of
        each pixel's style among those of its class, 0..K-1.
        """
        used = {LABEL: True, INSTANCE: self.instance_edges, STYLE: self.styles is not None}
        return tuple(name for name, is_used in used.items() if is_used)

    @property
    def num_styles(self) -> int:
        """K, or 1 without an encoder."""
        return 1 if self.styles is None else self.styles.shape[1]

    @property
    def known_ids(self) -> np.ndarray:
        """Raw ids that belong to a class, ascending."""
        return np.flatnonzero(self.class_of_id < self.num_classes) - 1

    def raw_ids(self, classes: np.ndarray) -> np.ndarray:
        """A raw id of each class in an integer array of class indices; int64 of the same shape."""
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
            style: integer `(batch, height, width)`; numbers below 0 count as 0, those above K-1 as K-1.
        """
        if self.styles is None:
            return np.zeros((*classes.shape, 0), np.float32)
        return self.styles[classes, np.clip(style, 0, self.num_styles - 1)]

    def write_counts(self, folder: Path) -> None:
        """Writes styles.json, raw label id to number of styles, if the model reads style maps."""
        if self.counts is not None:
            ids = self.known_ids
            counts = dict(zip(ids.tolist(), self.counts[self.classes(ids)].tolist(), strict=True))
            write_text(folder / STYLES_FILE, json.dumps(counts, indent=2) + "\n", "numbers of styles")
