"""Runs a SavedModel's signatures in this process, in a TensorFlow session as TensorFlow Serving does."""

from __future__ import annotations

import ctypes
import gc
import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from tfhd.files import without_glob_characters
from tfhd_client import Arrays, Code, ServingError

from .client_names import all_shown, shown

_INIT = "__saved_model_init_op"
_WHERE = ("Graph execution error", "Detected at", "<stack traces", "[[{{", "File ", "(0)")
"""How lines begin in which TensorFlow says where in a graph an error arose."""


@dataclass(frozen=True, eq=False)
class Call:
    """A request that was checked against its signature.

    Attributes:
        signature: name of the signature.
        inputs: an array for every input, defaults included.
        outputs: names of the outputs to return.
        defaults: names of the inputs that the request left out; each has one sample, which stands for all.
    """

    signature: str
    inputs: Arrays
    outputs: tuple[str, ...]
    defaults: frozenset[str]


class ModelSession:
    """One version of a model in memory, with its signatures to run.

    It is a session, as in TensorFlow Serving, and not the functions that `tf.saved_model.load` returns: those share resources of
    the same name with all other models of the process, and keep them in memory after the model is gone.

    Args:
        path: folder of the SavedModel.

    Attributes:
        signatures: definitions of the signatures by name.

    Raises:
        ServingError: the model cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        graph = tf.Graph()
        self._session: tf.compat.v1.Session | None = tf.compat.v1.Session(graph=graph, config=_config())
        try:
            with graph.as_default(), _without_deprecation_warning(), without_glob_characters(path) as folder:
                meta_graph = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(folder))
        # Damaged files make TensorFlow's readers raise nearly anything.
        except Exception as error:
            self._session.close()
            reason = _reason_line(getattr(error, "message", None) or str(error)) or type(error).__name__
            raise ServingError(Code.UNKNOWN, f"{path}: cannot load the model ({reason})") from None
        self.signatures: dict[str, SignatureDef] = {
            name: item for name, item in meta_graph.signature_def.items() if name != _INIT
        }

    def prepare(self, signature: str, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] = ()) -> Call:
        """Checks a request and fills in defaults.

        Args:
            signature: name of the signature.
            inputs: arrays by name, of bytes as dtype object; inputs that have a default may be left out.
            outputs: names of the outputs to return; all if empty.

        Raises:
            ServingError: the signature does not exist, or has other inputs or outputs.
        """
        definition = self.definition(signature)
        wanted = tuple(outputs or definition.outputs)
        unknown = sorted(set(wanted) - set(definition.outputs))
        if unknown or len(set(wanted)) < len(wanted):
            problem = f"{all_shown(unknown)} not among the signature's outputs" if unknown else "an output is named twice"
            raise ServingError(
                Code.INVALID_ARGUMENT, f"output filter: {problem}; {signature} has {', '.join(definition.outputs)}"
            )
        return Call(signature, _with_defaults(definition, inputs), wanted, frozenset(definition.inputs) - set(inputs))

    def definition(self, signature: str) -> SignatureDef:
        """Returns a signature's inputs and outputs; raises `ServingError` where the model has none of that name."""
        if signature not in self.signatures:
            known = ", ".join(sorted(self.signatures))
            message = f"signature {shown(signature)} not found in the model; it has {known}"
            raise ServingError(Code.FAILED_PRECONDITION, message)
        return self.signatures[signature]

    def run(self, call: Call, timeout: float | None = None) -> Arrays:
        """Runs a request and returns its outputs; raises `ServingError` where it fails or takes more than `timeout` seconds."""
        if self._session is None:
            raise ServingError(Code.FAILED_PRECONDITION, "the model is closed")
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
        """Frees the model's memory at once; a model that is closed already stays so."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
            # Sessions and graphs refer to each other, and Python would come to them later, if ever.
            del session
            gc.collect()
            _return_free_memory()


def _return_free_memory() -> None:
    """Gives the system what the C library keeps of freed memory, which is most of a closed model."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)


def _config() -> tf.compat.v1.ConfigProto:
    """On processors graphs run as they are: to optimize them takes longer than to load the model, and images come no sooner.

    GPUs need the optimization, which chooses the layout of their convolutions.
    """
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = not tf.config.list_physical_devices("GPU")
    return config


@contextmanager
def _without_deprecation_warning() -> Iterator[None]:
    """Hides TensorFlow's advice to use `tf.saved_model.load` instead; `ModelSession` says why it does not."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _with_defaults(definition: SignatureDef, inputs: Mapping[str, np.ndarray]) -> Arrays:
    """Checks the inputs and adds the defaults of those that were left out."""
    check_input_names(definition, inputs, optional=definition.defaults)
    whole = {}
    for name in definition.inputs:
        value = inputs[name] if name in inputs else tf.make_ndarray(definition.defaults[name])
        check_input(definition, name, tf.as_dtype(value.dtype), value.shape)
        whole[name] = value
    return whole


def check_input_names(definition: SignatureDef, given: Collection[str], optional: Collection[str] = ()) -> None:
    """Raises `ServingError` unless all inputs of the signature but the optional ones are given, and no others."""
    missing = sorted(set(definition.inputs) - set(given) - set(optional))
    extra = sorted(set(given) - set(definition.inputs))
    if missing or extra:
        sent = f"missing: {', '.join(missing) or 'none'}; not of the signature: {all_shown(extra)}"
        raise ServingError(Code.INVALID_ARGUMENT, f"the inputs are not the signature's; {sent}")


def check_input(definition: SignatureDef, name: str, dtype: tf.DType, shape: Sequence[int]) -> None:
    """Raises `ServingError` unless the signature has an input of this name, dtype and shape."""
    if name not in definition.inputs:
        known = ", ".join(definition.inputs)
        raise ServingError(Code.INVALID_ARGUMENT, f"the signature has no input {shown(name)}; it has {known}")
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
    # An assertion inside the graph: its message is in the middle of TensorFlow's own text.
    found = re.search(r"assertion failed: \[(.*)\]", error.message)
    return found[1] if found else _reason_line(error.message) or type(error).__name__


def _reason_line(message: str) -> str:
    """Returns the first line that says what is wrong, rather than where in the graph."""
    lines = (line.strip() for line in message.splitlines())
    return next((line for line in lines if line and not line.startswith(_WHERE)), "")
