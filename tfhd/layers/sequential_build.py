"""Builds layers that a composite layer calls one after another."""

from __future__ import annotations

from collections.abc import Iterable

import keras


def build_sequence(layers: Iterable[keras.layers.Layer], input_shape: tuple) -> tuple:
    """Builds layers that are called one after another, and returns the output shape of the last."""
    for layer in layers:
        if not layer.built:
            layer.build(input_shape)
        input_shape = layer.compute_output_shape(input_shape)
    return input_shape
