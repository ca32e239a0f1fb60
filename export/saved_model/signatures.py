"""The signatures of an exported SavedModel: functions from raw maps to images, styles and vectors, or from pictures."""

from __future__ import annotations

from .array_signatures import array_signatures
from .file_signatures import file_signatures
from .label_set_signatures import label_set_signatures
from .model_graph import ModelGraph
from .picture_graph import PictureGraph
from .picture_signatures import picture_signatures
from .signature_specs import Signature


def signatures(graph: ModelGraph | PictureGraph) -> dict[str, Signature]:
    """All functions that a SavedModel offers to clients, by signature name."""
    if isinstance(graph, PictureGraph):
        return picture_signatures(graph)
    return {**file_signatures(graph), **array_signatures(graph), **label_set_signatures(graph)}
