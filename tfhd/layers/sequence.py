"""Building and shape inference for layers that follow one another inside a composite layer."""

from __future__ import annotations

from collections.abc import Iterable

import keras


def build_sequence(layers: Iterable[keras.layers.Layer], input_shape: tuple) -> tuple:
    """Builds layers that are called one after another, and returns the shape that leaves the last."""
    for layer in layers:
        if not layer.built:
            layer.build(input_shape)
        input_shape = layer.compute_output_shape(input_shape)
    return input_shape
