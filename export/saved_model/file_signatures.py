"""Signatures that take maps and photos as picture files, for REST and for short requests.

Names end in `_bytes` where an input or output holds files: TensorFlow Serving's REST sends exactly those in base64.
"""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.numbers import decode_numbers
from tfhd.graph.photos import decode_photos
from tfhd.graph.png import decode_ids, encode_images
from tfhd.pixels import RGB

from .model_graph import ModelGraph
from .request_assertions import require_style_lists
from .signature_specs import Signature, seed_spec, style_list_specs, style_vector_specs, unused_seed, unused_styles


def file_signatures(graph: ModelGraph) -> dict[str, Signature]:
    """The signatures by name; without an encoder `serving_default` and `synthesize_png` alone."""
    found = {"serving_default": _serving_default(graph), "synthesize_png": _synthesize_png(graph)}
    if graph.table:
        found |= {
            "synthesize_vectors_png": _synthesize_vectors_png(graph),
            "synthesize_reference_png": _synthesize_reference_png(graph),
            "encode_png": _encode_png(graph),
        }
    return found


def _serving_default(graph: ModelGraph) -> Signature:
    no_seed = unused_seed()

    @tf.function(input_signature=[*_map_files(), seed_spec()])
    def serving_default(label_bytes, instance_bytes, seed=no_seed):
        no_styles = unused_styles()
        return _files(graph.paint(*_maps(graph, label_bytes, instance_bytes), seed, (no_styles, no_styles)))

    return serving_default


def _synthesize_png(graph: ModelGraph) -> Signature:
    no_seed, no_styles = unused_seed(), unused_styles()

    @tf.function(input_signature=[*_map_files(), seed_spec(), *style_list_specs()])
    def synthesize_png(label_bytes, instance_bytes, seed=no_seed, style_instance=no_styles, style_index=no_styles):
        return _files(graph.paint(*_maps(graph, label_bytes, instance_bytes), seed, (style_instance, style_index)))

    return synthesize_png


def _synthesize_vectors_png(graph: ModelGraph) -> Signature:
    @tf.function(input_signature=[*_map_files(), *style_vector_specs(graph.table)])
    def synthesize_vectors_png(label_bytes, instance_bytes, style_instance, style_vector):
        styles = require_style_lists(style_instance, style_vector=style_vector)
        return _files(graph.paint_vectors(*_maps(graph, label_bytes, instance_bytes), "style_instance", styles))

    return synthesize_vectors_png


def _synthesize_reference_png(graph: ModelGraph) -> Signature:
    @tf.function(input_signature=[*_map_files(), *_file_specs("reference_image_bytes", "reference_instance_bytes")])
    def synthesize_reference_png(label_bytes, instance_bytes, reference_image_bytes, reference_instance_bytes):
        found = _encoded(graph, "reference_", reference_image_bytes, reference_instance_bytes)
        styles = found["style_instance"], found["style_vector"]
        return _files(graph.paint_vectors(*_maps(graph, label_bytes, instance_bytes), "reference_image_bytes", styles))

    return synthesize_reference_png


def _encode_png(graph: ModelGraph) -> Signature:
    @tf.function(input_signature=_file_specs("image_bytes", "instance_bytes"))
    def encode_png(image_bytes, instance_bytes):
        return _encoded(graph, "", image_bytes, instance_bytes)

    return encode_png


def _file_specs(*names: str) -> list[tf.TensorSpec]:
    return [tf.TensorSpec((None,), tf.string, name) for name in names]


def _map_files() -> list[tf.TensorSpec]:
    return _file_specs("label_bytes", "instance_bytes")


def _maps(graph: ModelGraph, label: tf.Tensor, instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return decode_ids(label, "label_bytes", graph.label_set), decode_ids(instance, "instance_bytes")


def _encoded(graph: ModelGraph, prefix: str, image: tf.Tensor, instance: tf.Tensor) -> dict[str, tf.Tensor]:
    names = f"{prefix}image_bytes", f"{prefix}instance_bytes"
    photo = decode_photos(image, names[0]) if graph.photo == RGB else decode_numbers(image, names[0], graph.photo)
    return graph.encode(names[0], photo, names[1], decode_ids(instance, names[1]))


def _files(images: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"image_bytes": encode_images(images)}
