"""Kernels that a SavedModel transforms once, when it is loaded, for fast convolutions on processors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from tfhd.layers.winograd_algorithm import transform_kernel
from tfhd.networks import Generator, GlobalGenerator, LocalEnhancer


@contextmanager
def transformed_kernels(generator: Generator) -> Iterator[list[TransformedKernel]]:
    """In the block, wide 3x3 convolutions of a float32 generator multiply with kernels that are transformed at load time.

    The file holds the kernels alone; a loaded model holds their transforms beside them, 16/9 as large.

    Args:
        generator: built.

    Yields:
        The transforms; a module that is saved in the block must hold them.
    """
    # Nearly all weights are in the residual blocks of the global generator; other generators have none.
    coarse = generator.global_generator if isinstance(generator, LocalEnhancer) else generator
    residual_blocks = coarse.residual_blocks if isinstance(coarse, GlobalGenerator) else []
    layers = [block.conv for residual in residual_blocks for block in (residual.first, residual.second)]
    wide = [layer for layer in layers if layer.is_wide]
    transformed = [TransformedKernel(layer.kernel.value) for layer in wide]
    for layer, kernel in zip(wide, transformed, strict=True):
        layer.transformed_kernel = kernel.read
    try:
        yield transformed
    finally:
        for layer in wide:
            layer.transformed_kernel = None


class TransformedKernel(tf.saved_model.experimental.TrackableResource):
    """A kernel's Winograd transform, which the SavedModel's initializer computes; no checkpoint holds it.

    Args:
        kernel: float32 `(3, 3, channels, filters)`.
    """

    def __init__(self, kernel: tf.Variable) -> None:
        super().__init__()
        self._kernel = kernel
        self._shape = (16, *kernel.shape[2:])
        # Unique, since models loaded in one process share resources of the same name.
        self._name = f"transformed_{uuid.uuid4().hex}"
        with tf.init_scope():  # creates the handle outside any function that is being traced
            self.resource_handle  # noqa: B018

    def read(self) -> tf.Tensor:
        """The transform, float32 `(16, channels, filters)`."""
        value = tf.raw_ops.ReadVariableOp(resource=self.resource_handle, dtype=tf.float32)
        return tf.ensure_shape(value, self._shape)

    def _create_resource(self) -> tf.Tensor:
        return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=self._shape, shared_name=self._name)

    def _initialize(self) -> None:
        value = tf.ensure_shape(transform_kernel(self._kernel.read_value()), self._shape)
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=value)
