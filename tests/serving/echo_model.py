"""A SavedModel that answers what it was asked, of all the kinds of numbers that a protocol must carry."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

KINDS = {
    "float": tf.float32,
    "double": tf.float64,
    "small": tf.uint8,
    "whole": tf.int32,
    "long": tf.int64,
    "flag": tf.bool,
    "text": tf.string,
    "file_bytes": tf.string,
    "half": tf.float16,
    "wide": tf.uint16,
}
"""A signature of each name takes an input `NAME`, of any length, and returns it as output `NAME`."""


def save_echo_model(base: Path) -> Path:
    """Saves version 1 below `base` and returns `base`; besides `KINDS` it has scalar (int32) and pair (`first`, `second`)."""
    module = tf.Module()
    signatures = {name: _echo(name, tf.TensorSpec((None,), dtype, name)) for name, dtype in KINDS.items()}
    signatures["scalar"] = _echo("scalar", tf.TensorSpec((), tf.int32, "scalar"))
    signatures["half_out"] = _half()
    signatures["pair"] = _pair()
    tf.saved_model.save(module, str(base / "1"), signatures=signatures)
    return base


def _echo(name: str, spec: tf.TensorSpec) -> tf.types.experimental.GenericFunction:
    return tf.function(lambda value: {name: tf.identity(value)}, input_signature=[spec])


def _half() -> tf.types.experimental.GenericFunction:
    return tf.function(
        lambda value: {"half": tf.cast(value, tf.float16)}, input_signature=[tf.TensorSpec((None,), tf.float32, "x")]
    )


def _pair() -> tf.types.experimental.GenericFunction:
    specs = [tf.TensorSpec((None, None), tf.float32, "first"), tf.TensorSpec((None,), tf.int32, "second")]
    return tf.function(lambda first, second: {"first": tf.identity(first), "second": tf.identity(second)}, input_signature=specs)
