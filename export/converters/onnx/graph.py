"""Generators as ONNX graphs, written layer by layer: NCHW, and one InstanceNormalization node per norm.

Converters that read TensorFlow's graph leave transposes around convolutions and split norms into many nodes, which TensorRT runs
many times slower than the single one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Literal

import keras
import numpy as np

# Graphs of nodes, checked against the operators' schemas.
import onnx
from onnx import TensorProto, helper, numpy_helper

from tfhd.layers import (
    AverageDownsampling,
    ConvolutionBlock,
    InstanceNormalization,
    OutputBlock,
    ReflectionFit,
    ReflectionPadding2D,
    ResidualBlock,
    UpsamplingBlock,
)
from tfhd.networks import GlobalGenerator, LocalEnhancer

Precision = Literal["float32", "float16"]

OPSET = 18
"""The first whose Pad takes axes; TensorRT 10, ONNX Runtime 1.14 and later read it."""

INPUT, OUTPUT = "encoded", "image"

Sizes = tuple[int | str, int | str, int | str]
"""Batch, height and width; a name leaves one free."""


class Graph:
    """An ONNX graph under construction: its nodes and constants so far.

    Args:
        precision: arithmetic of convolutions; norms and the output stay float32.
    """

    def __init__(self, precision: Precision) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.half = precision == "float16"

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Appends a node with one output and returns the output's name."""
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, array: np.ndarray) -> str:
        """Adds a constant unless one of that name exists, and returns the name; equal names must mean equal arrays."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def weight(self, variable: keras.Variable, order: tuple[int, ...] | None = None) -> str:
        """Adds a network's weight in the graph's precision, with its axes transposed to `order`, and returns its name."""
        array = np.asarray(variable)
        array = array if order is None else array.transpose(order)
        return self.constant(variable.path, array.astype(np.float16) if self.half else array)

    def to_float32(self, x: str) -> str:
        """Casts a float16 graph's `x` to float32; returns `x` itself in a float32 graph."""
        return self.add("Cast", x, to=TensorProto.FLOAT) if self.half else x

    def from_float32(self, x: str) -> str:
        """Casts back, the inverse of `to_float32`."""
        return self.add("Cast", x, to=TensorProto.FLOAT16) if self.half else x


def generator_model(
    generator: GlobalGenerator | LocalEnhancer,
    input_channels: int,
    precision: Precision = "float32",
    sizes: Sizes = ("batch", "height", "width"),
) -> onnx.ModelProto:
    """A generator as an ONNX model that computes what the Keras network does.

    Args:
        generator: built.
        input_channels: channels of its input: one-hot classes, instance edges and, with an encoder, style features.
        precision: arithmetic of convolutions; input, norms and output are float32.
        sizes: batch, height and width; a name leaves one free.

    Returns:
        A model of the input `encoded` float32 `(batch, channels, height, width)` and the output `image` float32
        `(batch, channels, height, width)` in [-1, 1].
    """
    graph = Graph(precision)
    batch, height, width = sizes
    described = (INPUT, TensorProto.FLOAT, (batch, input_channels, height, width))
    return finished_model(generator, graph, graph.from_float32(INPUT), [described], sizes)


def finished_model(
    generator: GlobalGenerator | LocalEnhancer,
    graph: Graph,
    encoded: str,
    inputs: Sequence[tuple[str, int, tuple[int | str, ...]]],
    sizes: Sizes,
) -> onnx.ModelProto:
    """Appends the generator to a graph and makes the graph a model.

    Args:
        generator: built.
        graph: computes the generator's input.
        encoded: name of the generator's input in the graph, `(batch, channels, height, width)` in the graph's precision.
        inputs: name, element type and shape of each input of the model.
        sizes: batch, height and width of the images.

    Returns:
        A model of these inputs and the output `image` float32 `(batch, channels, height, width)` in [-1, 1].
    """
    graph.nodes.append(helper.make_node("Identity", [emit(generator, graph, encoded)], [OUTPUT], name=OUTPUT))
    batch, height, width = sizes
    shape = (batch, generator.output_channels, height, width)
    read = [helper.make_tensor_value_info(*described) for described in inputs]
    made = [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape)]
    body = helper.make_graph(graph.nodes, "generator", read, made, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="tfhd")


@singledispatch
def emit(layer: keras.layers.Layer, graph: Graph, x: str) -> str:
    """Appends a layer's nodes, which read `x`, and returns the name of their result."""
    raise TypeError(f"no ONNX nodes are known for {type(layer).__name__}")


@emit.register
def _(network: GlobalGenerator, graph: Graph, x: str) -> str:
    return _fitted(network.fit, graph, x, lambda grown: _emit_global(network, graph, grown))


def _emit_global(network: GlobalGenerator, graph: Graph, x: str) -> str:
    for block in network.blocks:
        x = emit(block, graph, x)
    return x


@emit.register
def _(network: LocalEnhancer, graph: Graph, x: str) -> str:
    return _fitted(network.fit, graph, x, lambda grown: _emit_enhancers(network, graph, grown))


def _emit_enhancers(network: LocalEnhancer, graph: Graph, x: str) -> str:
    levels = [x]
    for _ in network.enhancers:
        levels.append(emit(network.pyramid, graph, levels[-1]))
    x = emit(network.global_generator, graph, levels.pop())
    for enhancer, level in zip(network.enhancers, reversed(levels), strict=True):
        for block in enhancer.front_end:
            level = emit(block, graph, level)
        x = graph.add("Add", level, x)
        for block in [*enhancer.residual_blocks, enhancer.upsampling]:
            x = emit(block, graph, x)
    return emit(network.top, graph, x)


def _fitted(fit: ReflectionFit | None, graph: Graph, x: str, run: Callable[[str], str]) -> str:
    """What `run` appends, between nodes that grow `x` as `ReflectionFit` does and nodes that cut the result."""
    if fit is None:
        return run(x)
    sides = graph.add("Shape", x, start=2, end=4)
    grown = x
    for place, axis in ((0, 2), (1, 3)):
        index = graph.constant(f"integer64_{place}", np.array(place, np.int64))
        grown = graph.add("Gather", grown, _mirrored(fit.multiple, graph, graph.add("Gather", sides, index)), axis=axis)
    starts = graph.constant("upper_left", np.zeros(2, np.int64))
    return graph.add("Slice", run(grown), starts, sides, graph.constant("rows_and_columns", np.array([2, 3], np.int64)))


def _mirrored(multiple: int, graph: Graph, size: str) -> str:
    """int64 `(H,)`: the row (or column) of a picture of `size` that each one of the grown picture repeats."""
    zero, one, two, least, step, most = (
        graph.constant(f"integer64_{value}", np.array(value, np.int64))
        for value in (0, 1, 2, 2 * multiple, multiple, multiple - 1)
    )
    multiples = graph.add("Mul", graph.add("Div", graph.add("Add", size, most), step), step)
    last = graph.add("Sub", size, one)
    period = graph.add("Max", graph.add("Mul", last, two), one)
    place = graph.add("Mod", graph.add("Range", zero, graph.add("Max", multiples, least), one), period)
    return graph.add("Sub", last, graph.add("Abs", graph.add("Sub", place, last)))


@emit.register
def _(_: AverageDownsampling, graph: Graph, x: str) -> str:
    return graph.add("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, count_include_pad=0)


@emit.register
def _(block: ConvolutionBlock, graph: Graph, x: str) -> str:
    pads = [block.pad] * 4
    if isinstance(block.padding_layer, ReflectionPadding2D):
        x, pads = graph.add("Pad", x, _reflection(graph, block.pad), mode="reflect"), [0] * 4
    weights = graph.weight(block.conv.kernel, (3, 2, 0, 1)), graph.weight(block.conv.bias)
    x = graph.add("Conv", x, *weights, kernel_shape=[block.kernel_size] * 2, strides=[block.strides] * 2, pads=pads)
    if block.norm is not None:
        x = _normalize(block.norm, block.filters, graph, x)
    return graph.add("Relu", x) if block.activation is keras.activations.relu else x


@emit.register
def _(block: ResidualBlock, graph: Graph, x: str) -> str:
    return graph.add("Add", x, emit(block.second, graph, emit(block.first, graph, x)))


@emit.register
def _(block: UpsamplingBlock, graph: Graph, x: str) -> str:
    if block.mode == "resize":
        scales = graph.constant("twice", np.array([1, 1, 2, 2], np.float32))
        nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return emit(block.block, graph, graph.add("Resize", x, "", scales, **nearest))
    weights = graph.weight(block.conv.kernel, (3, 2, 0, 1)), graph.weight(block.conv.bias)
    x = graph.add("ConvTranspose", x, *weights, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0])
    return graph.add("Relu", _normalize(block.norm, block.filters, graph, x))


@emit.register
def _(block: OutputBlock, graph: Graph, x: str) -> str:
    return graph.add("Tanh", graph.to_float32(emit(block.block, graph, x)))


def _normalize(norm: InstanceNormalization, channels: int, graph: Graph, x: str) -> str:
    scale = graph.constant(f"ones_{channels}", np.ones(channels, np.float32))
    offset = graph.constant(f"zeros_{channels}", np.zeros(channels, np.float32))
    normalized = graph.add("InstanceNormalization", graph.to_float32(x), scale, offset, epsilon=norm.epsilon)
    return graph.from_float32(normalized)


def _reflection(graph: Graph, pad: int) -> str:
    return graph.constant(f"reflect_{pad}", np.array([0, 0, pad, pad, 0, 0, pad, pad], np.int64))
