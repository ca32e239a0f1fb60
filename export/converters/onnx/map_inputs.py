"""ONNX nodes that compute the generator's input from maps.

Ids stay integers until they are compared: convolutions and pooling on a GPU may round them, and neighbours with ids like 26001
and 26002 would then have no edge between them.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto

from tfhd.networks import GlobalGenerator, LocalEnhancer

from ...map_tables import INSTANCE, LABEL, STYLE, MapTables
from .graph import Graph, Precision, Sizes, finished_model

_SHIFTS = {"above": (0, 1), "below": (2, 1), "left": (1, 0), "right": (1, 2)}
"""First row and column of each pixel's neighbours in a map that is padded by one pixel on each side."""


def maps_model(
    generator: GlobalGenerator | LocalEnhancer,
    tables: MapTables,
    precision: Precision = "float32",
    sizes: Sizes = ("batch", "height", "width"),
) -> ModelProto:
    """Label encoding, style lookup and generator as one ONNX model.

    Args:
        generator: built.
        tables: classes and styles.
        precision: arithmetic of convolutions; input, norms and output are not affected.
        sizes: batch, height and width; a name leaves one free.

    Returns:
        A model of the inputs `tables.inputs`, all int32 `(batch, height, width)`, and the output `image` float32
        `(batch, channels, height, width)` in [-1, 1]. Ids that no class lists have no class and no style: zeros in all their
        channels. Style numbers below 0 count as 0, those beyond the table as its last.
    """
    graph = Graph(precision)
    axis = graph.constant("channel_axis", np.array([1], np.int64))
    maps = {name: graph.add("Unsqueeze", name, axis) for name in tables.inputs}
    classes = _classes(graph, tables.class_of_id, maps[LABEL])
    channels = [_one_hot(graph, tables.num_classes, classes)]
    if tables.instance_edges:
        channels.append(_edges(graph, maps[INSTANCE]))
    if tables.styles is not None:
        channels += _features(graph, tables.styles, classes, maps[STYLE])
    encoded = graph.from_float32(graph.add("Concat", *channels, axis=1))
    return finished_model(generator, graph, encoded, [(name, TensorProto.INT32, sizes) for name in tables.inputs], sizes)


def _classes(graph: Graph, class_of_id: np.ndarray, label: str) -> str:
    """int32 `(batch, 1, height, width)`: class indices of raw ids."""
    row = graph.add("Add", _limited(graph, label, -1, len(class_of_id) - 2), graph.constant("integer_1", np.array(1, np.int32)))
    return graph.add("Gather", graph.constant("class_of_id", class_of_id), row)


def _limited(graph: Graph, x: str, least: int, most: int) -> str:
    """int32 of the shape of `x`, limited to `least`..`most`."""
    low, high = (graph.constant(f"integer_{value}", np.array(value, np.int32)) for value in (least, most))
    return graph.add("Min", graph.add("Max", x, low), high)


def _one_hot(graph: Graph, num_classes: int, classes: str) -> str:
    """float32 `(batch, num_classes, height, width)`."""
    numbers = graph.constant("classes", np.arange(num_classes, dtype=np.int32).reshape(1, -1, 1, 1))
    # Compared with all classes at once: Gather would put them last.
    return graph.add("Cast", graph.add("Equal", classes, numbers), to=TensorProto.FLOAT)


def _features(graph: Graph, styles: np.ndarray, classes: str, style: str) -> list[str]:
    """Each channel of the style vectors, float32 `(batch, 1, height, width)`."""
    _, count, channels = styles.shape
    first = graph.add("Mul", classes, graph.constant(f"integer_{count}", np.array(count, np.int32)))
    row = graph.add("Add", first, _limited(graph, style, 0, count - 1))
    columns = [graph.constant(f"styles_{channel}", styles[..., channel].reshape(-1)) for channel in range(channels)]
    return [graph.add("Gather", column, row) for column in columns]


def _edges(graph: Graph, instance: str) -> str:
    """float32 `(batch, 1, height, width)`: 1 where an id differs from one of its four neighbours'."""
    pads = graph.constant("one_around", np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    # A pixel at the border of the map is its own neighbour.
    padded = graph.add("Pad", instance, pads, mode="edge")
    axes = graph.constant("rows_and_columns", np.array([2, 3], np.int64))
    alike = []
    for name, begin in _SHIFTS.items():
        starts = graph.constant(f"{name}_starts", np.array(begin, np.int64))
        # Counted from the end, so that the constants fit maps of any size; 2**31 - 1 stands for the end itself.
        ends = graph.constant(f"{name}_ends", np.array([start - 2 or 2**31 - 1 for start in begin], np.int64))
        alike.append(graph.add("Equal", instance, graph.add("Slice", padded, starts, ends, axes)))
    vertical, horizontal = graph.add("And", *alike[:2]), graph.add("And", *alike[2:])
    return graph.add("Cast", graph.add("Not", graph.add("And", vertical, horizontal)), to=TensorProto.FLOAT)
