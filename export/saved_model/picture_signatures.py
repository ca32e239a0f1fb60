"""The signatures of a model of pictures: `translate` on arrays, `translate_png` on PNG files where these hold the pictures."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tfhd.graph.numbers import decode_numbers
from tfhd.graph.png import decode_ids, encode_images

from .picture_graph import PictureGraph
from .signature_specs import Signature, picture_spec, traced

_NAMES = ("picture", "instance")
MOST_IN_PNG = 4
"""Channels of a PNG file."""


def picture_signatures(graph: PictureGraph) -> dict[str, Signature]:
    """The signatures by name; `serving_default` is `translate_png`, or `translate` where a PNG cannot hold the input."""
    found = {"translate": _translate(graph)}
    if graph.picture.channels <= MOST_IN_PNG:
        found["translate_png"] = _translate_png(graph)
    return {**found, "serving_default": list(found.values())[-1]}


def _translate(graph: PictureGraph) -> Signature:
    maps = [tf.TensorSpec((None, None, None, 1), tf.uint16, _NAMES[1])] * graph.instance_edges

    @traced(input_signature=[picture_spec(graph.picture, _NAMES[0]), *maps])
    def translate(*inputs):
        return {"image": graph.translate(*_both(inputs), _NAMES)}

    return translate


def _translate_png(graph: PictureGraph) -> Signature:
    names = tuple(f"{name}_bytes" for name in _NAMES)

    @traced(input_signature=[tf.TensorSpec((None,), tf.string, name) for name in names[: 1 + graph.instance_edges]])
    def translate_png(*files):
        picture, instance = _both(files)
        ids = None if instance is None else decode_ids(instance, names[1])
        return {"image_bytes": encode_images(graph.translate(decode_numbers(picture, names[0], graph.picture), ids, names))}

    return translate_png


def _both(inputs: Sequence[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor | None]:
    """The picture, and the instance map if the model takes one."""
    return inputs[0], inputs[1] if len(inputs) > 1 else None
