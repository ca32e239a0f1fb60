"""The signatures of an exported SavedModel: functions from raw maps to images, styles and vectors."""

from __future__ import annotations

from .array_signatures import array_signatures
from .file_signatures import file_signatures
from .label_set_signatures import label_set_signatures
from .model_graph import ModelGraph
from .signature_specs import Signature


def signatures(graph: ModelGraph) -> dict[str, Signature]:
    """All functions that a SavedModel offers to clients, by signature name."""
    return {**file_signatures(graph), **array_signatures(graph), **label_set_signatures(graph)}
