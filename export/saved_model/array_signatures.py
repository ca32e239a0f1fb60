"""Signatures that take maps and photos as arrays: what moves the fewest bytes over gRPC.

Their uint16 inputs are nothing that TensorFlow Serving's JSON can hold; `file_signatures.py` has the same for REST.
"""

from __future__ import annotations

import tensorflow as tf

from .model_graph import ModelGraph
from .request_assertions import require_style_lists
from .signature_specs import (
    Signature,
    picture_spec,
    seed_spec,
    style_list_specs,
    style_vector_specs,
    traced,
    unused_seed,
    unused_styles,
)

_MAPS = (None, None, None, 1)


def array_signatures(graph: ModelGraph) -> dict[str, Signature]:
    """The signatures by name; without an encoder `synthesize` alone."""
    found = {"synthesize": _synthesize(graph)}
    if graph.table:
        found |= {
            "synthesize_vectors": _synthesize_vectors(graph),
            "synthesize_reference": _synthesize_reference(graph),
            "encode": _encode(graph),
        }
    return found


def _synthesize(graph: ModelGraph) -> Signature:
    no_seed, no_styles = unused_seed(), unused_styles()

    @traced(input_signature=[*_map_specs(graph), seed_spec(), *style_list_specs()])
    def synthesize(label, instance, seed=no_seed, style_instance=no_styles, style_index=no_styles):
        return {"image": graph.paint(label, instance, seed, (style_instance, style_index))}

    return synthesize


def _synthesize_vectors(graph: ModelGraph) -> Signature:
    @traced(input_signature=[*_map_specs(graph), *style_vector_specs(graph.table)])
    def synthesize_vectors(label, instance, style_instance, style_vector):
        styles = require_style_lists(style_instance, style_vector=style_vector)
        return {"image": graph.paint_vectors(label, instance, "style_instance", styles)}

    return synthesize_vectors


def _synthesize_reference(graph: ModelGraph) -> Signature:
    reference = [
        picture_spec(graph.photo, "reference_image"),
        tf.TensorSpec(_MAPS, tf.uint16, "reference_instance"),
    ]

    @traced(input_signature=[*_map_specs(graph), *reference])
    def synthesize_reference(label, instance, reference_image, reference_instance):
        found = graph.encode("reference_image", reference_image, "reference_instance", reference_instance)
        styles = found["style_instance"], found["style_vector"]
        return {"image": graph.paint_vectors(label, instance, "reference_image", styles)}

    return synthesize_reference


def _encode(graph: ModelGraph) -> Signature:
    @traced(input_signature=[picture_spec(graph.photo, "image"), tf.TensorSpec(_MAPS, tf.uint16, "instance")])
    def encode(image, instance):
        return graph.encode("image", image, "instance", instance)

    return encode


def _map_specs(graph: ModelGraph) -> list[tf.TensorSpec]:
    return [tf.TensorSpec(_MAPS, graph.label_dtype, "label"), tf.TensorSpec(_MAPS, tf.uint16, "instance")]
