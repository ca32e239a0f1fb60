"""Peak memory and arithmetic of a traced graph, calculated from its operations and their static shapes."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import tensorflow as tf

# These return their input under another name.
_ALIASES = {"ExpandDims", "Identity", "PreventGradient", "Reshape", "Squeeze", "StopGradient"}
# These take no memory of the step's own: weights, inputs, and shapes, which are known before it runs.
_FREE = {"Const", "Placeholder", "ReadVariableOp", "Shape", "ShapeN", "VarHandleOp"}
# These write their result into an input that no other operation needs any more.
# fmt: off
_IN_PLACE = {
    "Abs", "Add", "AddN", "AddV2", "BiasAdd", "DivNoNan", "Exp", "LeakyRelu", "LeakyReluGrad", "Log", "LogicalAnd",
    "LogicalNot", "LogicalOr", "Maximum", "Minimum", "Mul", "Neg", "Pow", "RealDiv", "Reciprocal", "Relu", "ReluGrad", "Rsqrt",
    "RsqrtGrad", "Select", "SelectV2", "Sigmoid", "SigmoidGrad", "Sign", "Softplus", "Sqrt", "SqrtGrad", "Square",
    "SquaredDifference", "Sub", "Tanh", "TanhGrad",
}
# fmt: on
_SMALL = 1024  # bytes
_MATRIX_PRODUCTS = {"BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "MatMul"}


class Held(NamedTuple):
    """Bytes of tensors that are in memory at one time.

    Attributes:
        total: of all tensors.
        marked: of those that `peak_memory` was asked about.
    """

    total: int
    marked: int


class _Buffer:
    """Memory that one tensor takes, or several one after another."""

    def __init__(self, size: int) -> None:
        self.size, self.readers, self.marked = size, 0, False


def operations_run(graph: tf.Graph, outputs: Iterable[tf.Tensor]) -> list[tf.Operation]:
    """The operations that a call runs, in an order close to TensorFlow's.

    They run in the order of their creation, except that operations with small results run as soon as they can. So weights are
    updated as soon as their gradients are known, since an update has no result at all, while recomputation waits for its turn.
    If every operation ran as soon as it could, recomputation would come too early: calculated memory would then grow with it,
    while measured memory falls.

    Args:
        graph: of a concrete function, or any other.
        outputs: tensors to compute; a function's side effects run too.
    """
    needed: dict[str, tf.Operation] = {}
    pending = [_source(tensor).op for tensor in outputs] + list(getattr(graph, "control_outputs", ()))
    while pending:
        op = pending.pop()
        if op.name not in needed:
            needed[op.name] = op
            pending += _before(op)
    ops = [op for op in graph.get_operations() if op.name in needed]
    ranks = {op.name: (any(_bytes(tensor) > _SMALL for tensor in op.outputs), i) for i, op in enumerate(ops)}
    waits, unlocks = {}, defaultdict(list)
    for op in ops:
        names = {earlier.name for earlier in _before(op)}
        waits[op.name] = len(names)
        for name in names:
            unlocks[name].append(op.name)
    ready, order = [(ranks[name], name) for name, count in waits.items() if not count], []
    heapq.heapify(ready)
    while ready:
        _, name = heapq.heappop(ready)
        order.append(needed[name])
        for later in unlocks[name]:
            waits[later] -= 1
            if not waits[later]:
                heapq.heappush(ready, (ranks[later], later))
    return order


def peak_memory(graph: tf.Graph, outputs: Sequence[tf.Tensor], marked: Iterable[tf.Tensor] = ()) -> Held:
    """The most bytes that tensors take at a time while a graph runs; variables and inputs do not count.

    A tensor lives from its operation to its last reader; element-wise operations overwrite an input that they are the last to
    read. Calls of functions count with the peak inside them. What kernels use within an operation is unknown and left out.

    Args:
        graph: with static shapes; an unknown dimension counts as 1.
        outputs: tensors to compute, which stay in memory.
        marked: tensors whose share of the peak is counted apart.
    """
    ops = [op for op in operations_run(graph, outputs) if op.type not in _FREE]
    readers = Counter(tensor.name for op in ops for tensor in _inputs(op))
    readers.update(_source(tensor).name for tensor in outputs)
    names = {_source(tensor).name for tensor in marked}
    buffers: dict[str, _Buffer] = {}
    live: set[_Buffer] = set()
    peak = Held(0, 0)
    for op in ops:
        sources = [buffers.get(tensor.name) for tensor in _inputs(op)]
        results = _results(op, sources)
        for tensor, buffer in zip(op.outputs, results, strict=True):
            if buffer is not None:
                buffers[tensor.name] = buffer
                buffer.readers += readers[tensor.name]
                buffer.marked |= tensor.name in names
                live.add(buffer)
        own = sum(buffer.size for buffer in set(results) if buffer is not None)
        inside = max((peak_memory(function, function.outputs).total for function in _functions(op)), default=own)
        # Inside a function its results are counted already.
        held = sum(buffer.size for buffer in live) + max(0, inside - own)
        peak = max(peak, Held(held, sum(buffer.size for buffer in live if buffer.marked)))
        for buffer in sources:
            if buffer is not None:
                buffer.readers -= 1
        live -= {buffer for buffer in (*sources, *results) if buffer is not None and not buffer.readers}
    return peak


def arithmetic(ops: Iterable[tf.Operation]) -> int:
    """Floating-point operations of convolutions and matrix products, two for each multiplication with its addition.

    TensorFlow's own statistics count the gradients of padded convolutions up to half too high, at the size of the input.
    """
    count = 0
    for op in ops:
        if op.type == "Conv2D":
            count += 2 * _elements(op.outputs[0]) * _kernel_size(op.inputs[1])
        elif op.type == "Conv2DBackpropInput":
            count += 2 * _elements(op.inputs[2]) * _kernel_size(op.inputs[1])
        elif op.type == "Conv2DBackpropFilter":
            count += 2 * _elements(op.inputs[2]) * _kernel_size(op.outputs[0])
        elif op.type in _MATRIX_PRODUCTS:
            count += 2 * _elements(op.outputs[0]) * _summed(op)
        for function in _functions(op):
            count += arithmetic(operations_run(function, function.outputs))
    return count


def _before(op: tf.Operation) -> list[tf.Operation]:
    return [tensor.op for tensor in _inputs(op)] + list(op.control_inputs)


def _inputs(op: tf.Operation) -> list[tf.Tensor]:
    return [_source(tensor) for tensor in op.inputs]


def _source(tensor: tf.Tensor) -> tf.Tensor:
    """The tensor behind grouped identities, which TensorFlow takes apart, so that none waits for the others."""
    while tensor.op.type == "IdentityN":
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor


def _functions(op: tf.Operation) -> list[tf.Graph]:
    """The graphs that an operation calls: bodies of functions, loops and conditions."""
    names = [value.func.name for value in op.node_def.attr.values() if value.func.name]
    return [op.graph._get_function(name).graph for name in names]


def _results(op: tf.Operation, sources: Sequence[_Buffer | None]) -> list[_Buffer | None]:
    """Where each result of an operation lies; None where it takes no memory of the step's own."""
    if op.type in _ALIASES:
        return [sources[i] for i in range(len(op.outputs))]
    sizes = [_bytes(tensor) for tensor in op.outputs]
    if op.type in _IN_PLACE:
        reads = Counter(sources)
        for buffer in reads:
            if buffer is not None and buffer.readers == reads[buffer] and buffer.size == sizes[0]:
                return [buffer]
    return [_Buffer(size) for size in sizes]


def _bytes(tensor: tf.Tensor) -> int:
    return _elements(tensor) * tensor.dtype.size


def _elements(tensor: tf.Tensor) -> int:
    if tensor.dtype in (tf.resource, tf.variant, tf.string) or tensor.shape.rank is None:
        return 0
    return math.prod(size or 1 for size in tensor.shape)


def _kernel_size(kernel: tf.Tensor) -> int:
    return math.prod(kernel.shape[:3])


def _summed(op: tf.Operation) -> int:
    """The length of the sums of a matrix product."""
    transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
    return op.inputs[0].shape[-2 if transposed else -1] or 1
