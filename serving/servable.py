"""A SavedModel in this process, called by signature name, as TensorFlow Serving calls it."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from serving.status import Code, ServingError

_INIT = "__saved_model_init_op"
WARM_UP = Path("assets.extra") / "tf_serving_warmup_requests"


class Servable:
    """One version of a model.

    It is a session, as in TensorFlow Serving, and not Python's functions: those share what has the same name with every other
    model of the process, and keep it when the model goes.

    Args:
        path: folder of the SavedModel.

    Raises:
        ServingError: it cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        self._calls: dict[tuple[str, tuple[str, ...]], tf.types.experimental.Callable] = {}
        self._lock = threading.Lock()
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        try:
            with graph.as_default():
                meta_graph = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(path))
        # Of damaged files TensorFlow's readers raise nearly anything.
        except Exception as error:
            self._session.close()
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ServingError(Code.UNKNOWN, f"{path}: cannot load the model ({reason})") from None
        self.signatures = {name: item for name, item in meta_graph.signature_def.items() if name != _INIT}

    def call(
        self, signature: str, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] = (), timeout: float | None = None
    ) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
            signature: its name.
            inputs: arrays, of bytes as dtype object; those that have a default may be left out.
            outputs: the answers wanted; none stands for all.
            timeout: seconds.

        Raises:
            ServingError: there is no such signature, inputs or outputs are not its own, what is in them does not fit, or the time
                is over.
        """
        definition = self.definition(signature)
        feeds = self._checked(definition, inputs)
        names = tuple(outputs or definition.outputs)
        for name in names:
            if name not in definition.outputs:
                raise ServingError(Code.INVALID_ARGUMENT, f"output tensor alias not found in signature: {name} of {signature}")
        if len(set(names)) < len(names):
            raise ServingError(Code.INVALID_ARGUMENT, f"duplicate output tensor alias in {', '.join(names)}")
        options = tf.compat.v1.RunOptions(timeout_in_ms=max(1, int(timeout * 1000))) if timeout else None
        fetches = [definition.outputs[name].name for name in names]
        try:
            values = self._session.run(fetches, feeds, options=options)
        except tf.errors.OpError as error:
            raise ServingError(Code(error.error_code), _message(error)) from None
        except (RuntimeError, ValueError) as error:  # the session was closed; a shape is not the signature's
            raise ServingError(Code.INVALID_ARGUMENT, str(error).splitlines()[0]) from None
        return dict(zip(names, (np.asarray(value) for value in values), strict=True))

    def definition(self, signature: str) -> tf.compat.v1.SignatureDef:
        """A signature's definition; raises `ServingError` where there is none of that name."""
        if signature not in self.signatures:
            known = ", ".join(sorted(self.signatures))
            raise ServingError(Code.FAILED_PRECONDITION, f"signature {signature!r} not found in the model; it has {known}")
        return self.signatures[signature]

    def warm_up(self, path: Path) -> None:
        """Answers the model's own warm-up requests, if it has any; raises `ServingError` where one fails."""
        from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

        if not (path / WARM_UP).exists():
            return
        for record in tf.data.TFRecordDataset(str(path / WARM_UP)).take(1000):
            request = PredictionLog.FromString(record.numpy()).predict_log.request
            inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            self.call(request.model_spec.signature_name, inputs, list(request.output_filter))

    def close(self) -> None:
        """Frees the memory."""
        self._session.close()
        self._session = None

    def _checked(self, definition: tf.compat.v1.SignatureDef, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The arrays by tensor name, with defaults for what was left out."""
        missing = sorted(set(definition.inputs) - set(inputs) - set(definition.defaults))
        extra = sorted(set(inputs) - set(definition.inputs))
        if missing or extra:
            sent = f"missing: {', '.join(missing) or 'none'}; not of the signature: {', '.join(extra) or 'none'}"
            raise ServingError(Code.INVALID_ARGUMENT, f"request inputs do not match required inputs; {sent}")
        feeds = {}
        for name, info in definition.inputs.items():
            wanted = tf.as_dtype(info.dtype)
            value = inputs[name] if name in inputs else tf.make_ndarray(definition.defaults[name])
            if tf.as_dtype(value.dtype) != wanted:
                got = tf.as_dtype(value.dtype).name
                raise ServingError(Code.INVALID_ARGUMENT, f"input {name} is {got}; expected {wanted.name}")
            if not _fits(value.shape, info.tensor_shape):
                expected = [dim.size for dim in info.tensor_shape.dim]
                got = list(value.shape)
                raise ServingError(
                    Code.INVALID_ARGUMENT, f"input {name} has shape {got}; expected {expected}, where -1 is any size"
                )
            feeds[info.name] = value
        return feeds


def _fits(shape: tuple[int, ...], declared: tf.compat.v1.TensorShapeProto) -> bool:
    sizes = [dim.size for dim in declared.dim]
    return len(shape) == len(sizes) and all(size in (-1, have) for have, size in zip(shape, sizes, strict=True))


def _message(error: tf.errors.OpError) -> str:
    # A check inside the graph: its message stands in the middle of TensorFlow's own text.
    found = re.search(r"assertion failed: \[(.*)\]", error.message)
    return found[1] if found else next((line for line in error.message.splitlines() if line.strip()), "")
