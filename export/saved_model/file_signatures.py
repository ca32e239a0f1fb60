"""Signatures that take maps and photos as picture files, for REST and for short requests.

Names end in `_bytes` where an input or output holds files: TensorFlow Serving's REST sends exactly those in base64.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tfhd.graph.numbers import decode_numbers
from tfhd.graph.photos import decode_photos
from tfhd.graph.png import decode_ids, encode_images
from tfhd.pixels import RGB

from .model_graph import ModelGraph
from .request_assertions import require_style_lists
from .signature_specs import Signature, seed_spec, style_list_specs, style_vector_specs, traced, unused_seed, unused_styles


def file_signatures(graph: ModelGraph) -> dict[str, Signature]:
    """The signatures by name; without an encoder `serving_default` and `synthesize_png` alone."""
    files = _Files(graph)
    found = {"serving_default": _serving_default(graph, files), "synthesize_png": _synthesize_png(graph, files)}
    if graph.table:
        found |= {
            "synthesize_vectors_png": _synthesize_vectors_png(graph, files),
            "synthesize_reference_png": _synthesize_reference_png(graph, files),
            "encode_png": _encode_png(graph, files),
        }
    return found


def _serving_default(graph: ModelGraph, files: _Files) -> Signature:
    no_seed = unused_seed()

    @traced(input_signature=[*_map_files(), seed_spec()])
    def serving_default(label_bytes, instance_bytes, seed=no_seed):
        no_styles = unused_styles()
        return files.write(graph.paint(*files.maps(label_bytes, instance_bytes), seed, (no_styles, no_styles)))

    return serving_default


def _synthesize_png(graph: ModelGraph, files: _Files) -> Signature:
    no_seed, no_styles = unused_seed(), unused_styles()

    @traced(input_signature=[*_map_files(), seed_spec(), *style_list_specs()])
    def synthesize_png(label_bytes, instance_bytes, seed=no_seed, style_instance=no_styles, style_index=no_styles):
        return files.write(graph.paint(*files.maps(label_bytes, instance_bytes), seed, (style_instance, style_index)))

    return synthesize_png


def _synthesize_vectors_png(graph: ModelGraph, files: _Files) -> Signature:
    @traced(input_signature=[*_map_files(), *style_vector_specs(graph.table)])
    def synthesize_vectors_png(label_bytes, instance_bytes, style_instance, style_vector):
        styles = require_style_lists(style_instance, style_vector=style_vector)
        return files.write(graph.paint_vectors(*files.maps(label_bytes, instance_bytes), "style_instance", styles))

    return synthesize_vectors_png


def _synthesize_reference_png(graph: ModelGraph, files: _Files) -> Signature:
    @traced(input_signature=[*_map_files(), *_file_specs("reference_image_bytes", "reference_instance_bytes")])
    def synthesize_reference_png(label_bytes, instance_bytes, reference_image_bytes, reference_instance_bytes):
        found = _encoded(graph, files, "reference_", reference_image_bytes, reference_instance_bytes)
        styles = found["style_instance"], found["style_vector"]
        return files.write(graph.paint_vectors(*files.maps(label_bytes, instance_bytes), "reference_image_bytes", styles))

    return synthesize_reference_png


def _encode_png(graph: ModelGraph, files: _Files) -> Signature:
    @traced(input_signature=_file_specs("image_bytes", "instance_bytes"))
    def encode_png(image_bytes, instance_bytes):
        return _encoded(graph, files, "", image_bytes, instance_bytes)

    return encode_png


def _file_specs(*names: str) -> list[tf.TensorSpec]:
    return [tf.TensorSpec((None,), tf.string, name) for name in names]


def _map_files() -> list[tf.TensorSpec]:
    return _file_specs("label_bytes", "instance_bytes")


def _encoded(graph: ModelGraph, files: _Files, prefix: str, image: tf.Tensor, instance: tf.Tensor) -> dict[str, tf.Tensor]:
    names = f"{prefix}image_bytes", f"{prefix}instance_bytes"
    return graph.encode(names[0], files.photos(names[0], image), names[1], files.instances(names[1], instance))


class _Files:
    """Reads and writes files in functions that the signatures share, since these are most of a model's graph."""

    def __init__(self, graph: ModelGraph) -> None:
        self._label_set, self._photo = graph.label_set, graph.photo
        self._readers: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {}
        self._encode = traced(encode_images)

    def maps(self, label: tf.Tensor, instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        labels = self._read("label_bytes", label, lambda files: decode_ids(files, "label_bytes", self._label_set))
        return labels, self.instances("instance_bytes", instance)

    def instances(self, name: str, files: tf.Tensor) -> tf.Tensor:
        return self._read(name, files, lambda files: decode_ids(files, name))

    def photos(self, name: str, files: tf.Tensor) -> tf.Tensor:
        if self._photo == RGB:
            return self._read(name, files, lambda files: decode_photos(files, name))
        return self._read(name, files, lambda files: decode_numbers(files, name, self._photo))

    def write(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"image_bytes": self._encode(images)}

    def _read(self, name: str, files: tf.Tensor, read: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
        if name not in self._readers:
            self._readers[name] = traced(read, input_signature=[tf.TensorSpec((None,), tf.string)])
        return self._readers[name](files)
