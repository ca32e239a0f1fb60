"""Checks in one call what every layer and network must do, so that each test file states only what is special."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import tensorflow as tf

# Root mean square of the error, relative to that of the output. One rounding costs at most 2**-9 (bfloat16) or 2**-12
# (float16). The few dozen roundings of a network cancel in part and add up to less than sixteen times that.
PRECISION_TOLERANCE = {"mixed_bfloat16": 16 * 2**-9, "mixed_float16": 16 * 2**-12}

Shape = tuple[int, ...]


def run_layer_test(
    cls: type[keras.layers.Layer],
    init_kwargs: dict[str, Any],
    input_data: tuple[np.ndarray, ...],
    expected_output_shape: Shape | list,
    *,
    always_float32: bool = False,
) -> None:
    """Checks configuration, building, shapes, graph, gradients and mixed precision of one layer or network.

    Args:
        cls: the layer's class.
        init_kwargs: arguments of its constructor.
        input_data: arguments of the call, in batches of at least two; half of the batch or of the height must be valid too.
        expected_output_shape: shape of the output, or nested lists of shapes where it returns several.
        always_float32: whether outputs are float32 even in mixed precision.
    """
    keras.utils.set_random_seed(0)
    layer = cls(**init_kwargs, name="subject")
    outputs = layer(*input_data)
    assert _shapes(outputs) == expected_output_shape
    _check_configuration(layer, init_kwargs, input_data)
    _check_building(layer, init_kwargs, input_data)
    _check_declared_shapes(layer, input_data, expected_output_shape)
    _check_graph(layer, input_data)
    _check_gradients(layer, input_data)
    for policy in PRECISION_TOLERANCE:
        _check_precision(layer, init_kwargs, input_data, policy, always_float32)


def arrays(outputs) -> list[np.ndarray]:
    """Returns the tensors of a nested structure as float32 arrays."""
    return [tf.cast(tensor, "float32").numpy() for tensor in keras.tree.flatten(outputs)]


def count_parameters(network: keras.Model, *input_shapes: tuple[int | None, ...]) -> int:
    """Counts the parameters of a network built for these shapes, without allocating them."""
    with keras.StatelessScope(initialize_variables=False):
        network.build(*input_shapes)
    keras.backend.clear_session()  # forgets the variables that still wait for their values
    return network.count_params()


def _shapes(outputs):
    return keras.tree.map_structure(lambda tensor: tuple(tensor.shape), outputs)


def _unknown_sizes(array: np.ndarray) -> tuple[int | None, ...]:
    return (None, None, None, *array.shape[3:])


def _check_configuration(layer, init_kwargs: dict, input_data: tuple) -> None:
    config = layer.get_config()
    for name, value in init_kwargs.items():
        assert value is None or config[name] == value, f"{name} is lost in the config"
    for part in layer._flatten_layers():
        assert part.get_config()["name"] == part.name
    revived = [
        type(layer).from_config(config),
        keras.saving.deserialize_keras_object(json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))),
    ]
    expected = arrays(layer(*input_data))
    for copy in revived:
        assert type(copy) is type(layer)
        assert copy.get_config() == config
        copy(*input_data)
        copy.set_weights(layer.get_weights())
        for got, want in zip(arrays(copy(*input_data)), expected, strict=True):
            np.testing.assert_array_equal(got, want)


def _check_building(layer, init_kwargs: dict, input_data: tuple) -> None:
    if not layer.variables:
        return
    built = type(layer)(**init_kwargs, name="subject")
    built.build(*(_unknown_sizes(array) for array in input_data))
    described = [[(variable.path, tuple(variable.shape)) for variable in one.variables] for one in (built, layer)]
    assert described[0] == described[1]


def _check_declared_shapes(layer, input_data: tuple, expected) -> None:
    if "compute_output_shape" in vars(type(layer)):
        assert tuple(layer.compute_output_shape(*(array.shape for array in input_data))) == expected
        unknown = layer.compute_output_shape(*(_unknown_sizes(array) for array in input_data))
        assert tuple(unknown) == (None, None, None, expected[-1])
    symbolic = layer(*(keras.KerasTensor(_unknown_sizes(array), str(array.dtype)) for array in input_data))
    channels = [tensor.shape[-1] for tensor in keras.tree.flatten(symbolic)]
    assert channels == [tensor.shape[-1] for tensor in keras.tree.flatten(layer(*input_data))]


def _check_graph(layer, input_data: tuple) -> None:
    graph = tf.function(layer, input_signature=[tf.TensorSpec(_unknown_sizes(array), array.dtype) for array in input_data])
    half = tuple(array[1:, : array.shape[1] // 2] for array in input_data)
    for data in (input_data, half):
        for got, want in zip(arrays(graph(*data)), arrays(layer(*data)), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    # A sample's result does not depend on the other samples of the batch.
    for alone, together in zip(arrays(graph(*(array[1:] for array in input_data))), arrays(graph(*input_data)), strict=True):
        np.testing.assert_allclose(alone, together[1:], rtol=1e-5, atol=1e-5)


def _check_gradients(layer, input_data: tuple) -> None:
    tensors = [tf.constant(array) for array in input_data]
    sources = [tensor for tensor in tensors if tensor.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = keras.tree.flatten(layer(*tensors))
        loss = tf.add_n([tf.reduce_sum(tf.square(output)) for output in outputs])
    sources += [variable.value for variable in layer.trainable_variables]
    for gradient in tape.gradient(loss, sources) if sources else ():
        assert gradient is not None
        assert np.isfinite(gradient).all()


def _check_precision(layer, init_kwargs: dict, input_data: tuple, policy: str, always_float32: bool) -> None:
    low = type(layer)(**init_kwargs, dtype=policy)
    low(*input_data)
    low.set_weights(layer.get_weights())
    outputs = low(*input_data)
    dtype = "float32" if always_float32 else policy.removeprefix("mixed_")
    assert {tensor.dtype.name for tensor in keras.tree.flatten(outputs)} == {dtype}
    assert {variable.dtype for variable in low.variables} <= {"float32"}
    convolutions = [
        part for part in low._flatten_layers() if isinstance(part, keras.layers.Conv2D | keras.layers.Conv2DTranspose)
    ]
    assert {part.compute_dtype for part in convolutions} <= {policy.removeprefix("mixed_")}
    for got, want in zip(arrays(outputs), arrays(layer(*input_data)), strict=True):
        error = np.sqrt(np.mean(np.square(got - want)) / np.mean(np.square(want)))
        assert error <= PRECISION_TOLERANCE[policy], f"{policy} is {error:.4f} of the output off"
