"""A SavedModel in this process, called by signature name, as TensorFlow Serving calls it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from tfhd_client import Arrays, Code, ServingError

_INIT = "__saved_model_init_op"
_SHOWN = 64
"""Characters of a client's own names that are told back; gRPC drops an answer whose message is long."""
_WHERE = ("Graph execution error", "Detected at", "<stack traces", "[[{{", "File ", "(0)")
"""How the lines begin in which TensorFlow tells where in a graph an error arose."""


@dataclass(frozen=True, eq=False)
class Call:
    """A request that fits its signature.

    Attributes:
        signature: its name.
        inputs: an array for every input, defaults included.
        outputs: names of the answers wanted.
        defaults: the inputs that the request left out, and that are one sample for all.
    """

    signature: str
    inputs: Arrays
    outputs: tuple[str, ...]
    defaults: frozenset[str]


class Servable:
    """One version of a model.

    It is a session, as in TensorFlow Serving, and not Python's functions: those share what has the same name with every other
    model of the process, and keep it when the model goes.

    Args:
        path: folder of the SavedModel.

    Attributes:
        signatures: their definitions, by name.

    Raises:
        ServingError: it cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        try:
            with graph.as_default(), _without_advice():
                meta_graph = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(path))
        # Of damaged files TensorFlow's readers raise nearly anything.
        except Exception as error:
            self._session.close()
            reason = _telling_line(getattr(error, "message", None) or str(error)) or type(error).__name__
            raise ServingError(Code.UNKNOWN, f"{path}: cannot load the model ({reason})") from None
        self.signatures: dict[str, SignatureDef] = {
            name: item for name, item in meta_graph.signature_def.items() if name != _INIT
        }

    def prepare(self, signature: str, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] = ()) -> Call:
        """Checks a request.

        Args:
            signature: its name.
            inputs: arrays, of bytes as dtype object; those that have a default may be left out.
            outputs: the answers wanted; none stands for all.

        Raises:
            ServingError: there is no such signature, or inputs or outputs are not its own.
        """
        definition = self.definition(signature)
        wanted = tuple(outputs or definition.outputs)
        unknown = sorted(set(wanted) - set(definition.outputs))
        if unknown or len(set(wanted)) < len(wanted):
            problem = f"{', '.join(unknown)} not among the signature's outputs" if unknown else "an output is named twice"
            raise ServingError(
                Code.INVALID_ARGUMENT, f"output filter: {problem}; {signature} has {', '.join(definition.outputs)}"
            )
        return Call(signature, _checked(definition, inputs), wanted, frozenset(definition.inputs) - set(inputs))

    def definition(self, signature: str) -> SignatureDef:
        """A signature's inputs and outputs; raises `ServingError` where there is none of that name."""
        if signature not in self.signatures:
            known = ", ".join(sorted(self.signatures))
            message = f"signature {signature[:_SHOWN]!r} not found in the model; it has {known}"
            raise ServingError(Code.FAILED_PRECONDITION, message)
        return self.signatures[signature]

    def run(self, call: Call, timeout: float | None = None) -> Arrays:
        """The answers to a request; raises `ServingError` where values do not fit or `timeout`, in seconds, is over."""
        definition = self.signatures[call.signature]
        feeds = {definition.inputs[name].name: value for name, value in call.inputs.items()}
        fetches = [definition.outputs[name].name for name in call.outputs]
        options = None if timeout is None else tf.compat.v1.RunOptions(timeout_in_ms=max(1, int(timeout * 1000)))
        try:
            values = self._session.run(fetches, feeds, options=options)
        except tf.errors.ResourceExhaustedError:
            raise ServingError(Code.RESOURCE_EXHAUSTED, _no_memory(call)) from None
        except tf.errors.OpError as error:
            raise ServingError(Code(error.error_code), _message(error)) from None
        return dict(zip(call.outputs, map(np.asarray, values), strict=True))

    def close(self) -> None:
        """Frees the memory."""
        self._session.close()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Spares users TensorFlow's advice to load a model in the way that `Servable` says why it does not."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _checked(definition: SignatureDef, inputs: Mapping[str, np.ndarray]) -> Arrays:
    """The inputs with defaults for what was left out."""
    missing = sorted(set(definition.inputs) - set(inputs) - set(definition.defaults))
    extra = sorted(set(inputs) - set(definition.inputs))
    if missing or extra:
        sent = f"missing: {', '.join(missing) or 'none'}; not of the signature: {', '.join(extra) or 'none'}"
        raise ServingError(Code.INVALID_ARGUMENT, f"the inputs are not the signature's; {sent}")
    whole = {}
    for name in definition.inputs:
        value = inputs[name] if name in inputs else tf.make_ndarray(definition.defaults[name])
        check_input(definition, name, tf.as_dtype(value.dtype), value.shape)
        whole[name] = value
    return whole


def check_input(definition: SignatureDef, name: str, dtype: tf.DType, shape: Sequence[int]) -> None:
    """Raises `ServingError` where a signature has no such input, or one of another dtype or shape."""
    if name not in definition.inputs:
        known = ", ".join(definition.inputs)
        raise ServingError(Code.INVALID_ARGUMENT, f"the signature has no input {name[:_SHOWN]!r}; it has {known}")
    info = definition.inputs[name]
    if dtype != tf.as_dtype(info.dtype):
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name} is {dtype.name}; expected {tf.as_dtype(info.dtype).name}")
    declared = [dim.size for dim in info.tensor_shape.dim]
    if len(declared) != len(shape) or any(size not in (-1, have) for size, have in zip(declared, shape, strict=True)):
        got = list(shape)
        raise ServingError(Code.INVALID_ARGUMENT, f"input {name} has shape {got}; expected {declared}, where -1 is any size")


def _no_memory(call: Call) -> str:
    sizes = [value.shape for value in call.inputs.values() if value.ndim == 4]
    picture = "{1}x{2} pixels".format(*sizes[0]) if sizes else "this size"
    return f"there is not enough memory for a picture of {picture}; give a smaller one, or end other programs"


def _message(error: tf.errors.OpError) -> str:
    # A check inside the graph: its message stands in the middle of TensorFlow's own text.
    found = re.search(r"assertion failed: \[(.*)\]", error.message)
    return found[1] if found else _telling_line(error.message) or type(error).__name__


def _telling_line(message: str) -> str:
    """The first line that says what is wrong, and not where in the graph."""
    lines = (line.strip() for line in message.splitlines())
    return next((line for line in lines if line and not line.startswith(_WHERE)), "")
