"""How far the images of a converted generator are from those of the Keras network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfhd.layers import PictureEncoding
from tfhd.networks import Networks
from tfhd.runs import TrainedRun

from ..map_tables import INSTANCE, LABEL, STYLE, MapTables
from .block_maps import BlockMaps, Shape
from .comparison import Comparison, Difference, weights_digest

Arrays = dict[str, np.ndarray]
"""Inputs of a converted model by name: `encoded` float32 `(batch, height, width, channels)`, or int32 maps."""


class ConvertedModel(NamedTuple):
    """A converted model, loaded by its runtime.

    Attributes:
        inputs: names of its inputs.
        synthesize: computes images, float32 `(batch, height, width, channels)` in [-1, 1], from the inputs.
    """

    inputs: tuple[str, ...]
    synthesize: Callable[[Arrays], np.ndarray]


def record_comparison(
    folder: Path,
    model: ConvertedModel,
    run: TrainedRun,
    shapes: Sequence[Shape],
    tables: MapTables | None,
    settings: dict[str, str],
) -> None:
    """Compares a newly converted model with Keras, prints the differences and writes `folder`/checks.json.

    Args:
        folder: the model's.
        model: loaded from there.
        run: what it was converted from.
        shapes: of the batches to compare.
        tables: as for `compare_converted`.
        settings: as in `Comparison`.

    Raises:
        InputError: checks.json cannot be written.
    """
    differences = compare_converted(run.networks, model, shapes, tables)
    comparison = Comparison(run.weights_name, weights_digest(run.networks.generator), settings, differences)
    comparison.write(folder)
    comparison.print_table()


def compare_converted(
    networks: Networks, model: ConvertedModel, shapes: Sequence[Shape], tables: MapTables | None = None
) -> list[Difference]:
    """Synthesizes blocks of random classes (or colours) in random styles, with the converted model and with Keras.

    Args:
        networks: of the run that the model was converted from.
        model: the converted model.
        shapes: of the batches to compare.
        tables: the constants in a model that reads maps; None if it reads the generator's own input.
    """
    found = []
    for shape in shapes:
        inputs, encoded = _random_inputs(networks, tables, shape)
        apart = np.abs(model.synthesize(inputs) - np.asarray(networks.generator(encoded)))
        found.append(Difference(*shape, float(apart.max()), float(apart.mean())))
    return found


def _random_inputs(networks: Networks, tables: MapTables | None, shape: Shape) -> tuple[Arrays, np.ndarray]:
    """The converted model's inputs, and the same for Keras' generator, float32 `(batch, height, width, channels)`."""
    maps = BlockMaps(shape)
    instance = maps.instances()
    if tables is None:
        encoding = networks.label_encoding
        is_picture = isinstance(encoding, PictureEncoding)
        label = maps.features(encoding.channels) if is_picture else maps.choice(encoding.num_classes)
        features = maps.features(networks.encoder.feature_channels if networks.encoder is not None else 0)
        encoded = np.concatenate([encoding(label, instance), features], axis=-1, dtype=np.float32)
        return {"encoded": encoded}, encoded
    label, style = maps.choice(tables.known_ids), maps.choice(tables.num_styles)
    classes = tables.classes(label)
    parts = [networks.label_encoding(classes, instance), tables.features(classes, style)]
    given = {LABEL: label, INSTANCE: instance, STYLE: style}
    return {name: given[name].astype(np.int32) for name in tables.inputs}, np.concatenate(parts, axis=-1, dtype=np.float32)
