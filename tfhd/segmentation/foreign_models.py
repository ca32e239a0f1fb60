"""Keras files, SavedModels and ONNX files, each as a function of one picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfhd.errors import InputError
from tfhd.files import without_glob_characters

RunModel = Callable[[np.ndarray], np.ndarray]
"""From a photo float32 `(H, W, 3)` to the model's only output for it, without the batch."""

_Shape = Sequence[Any]  # of the input: numbers, and None or names where a size is free


def open_model(path: Path) -> RunModel:
    """Opens a model that takes a batch of photos, channels last or first, of any or of a fixed size.

    Photos are resized to a fixed size.

    Raises:
        InputError: there is none, it cannot be read, or it does not take photos.
    """
    if not path.exists():
        raise InputError(f"{path}: no model there; check the path")
    opener = {".onnx": _open_onnx, ".keras": _open_keras, ".h5": _open_keras}.get(path.suffix.lower(), _open_saved_model)
    try:
        return opener(path)
    except InputError:
        raise
    except Exception as error:  # each library has its own errors, and some raise a bare Exception
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise InputError(
            f"{path}: cannot read the model ({reason}); expected a SavedModel folder, a .keras or .h5 file, or an .onnx file"
        ) from None


def keras_runner(model: keras.Model, source: Path) -> RunModel:
    """A Keras model as a function of one picture.

    Args:
        model: takes photos.
        source: where it is from, for messages.

    Raises:
        InputError: it does not take photos.
    """
    run = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
    try:
        shape = model.input_shape
    except AttributeError:  # a model that is a class of its own may take any size
        shape = (None, None, None, 3)
    return _on_pictures(source, shape, lambda batch: _only(source, run(tf.constant(batch))))


def _open_keras(path: Path) -> RunModel:
    return keras_runner(keras.models.load_model(path, compile=False), path)


def _open_saved_model(path: Path) -> RunModel:
    with without_glob_characters(path) as folder:
        model = tf.saved_model.load(str(folder))
    signature = model.signatures.get("serving_default")
    if signature is None:
        raise InputError(f"{path}: has no signature serving_default; export it with one")
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise InputError(f"{path}: takes {', '.join(inputs) or 'nothing'}; expected a single input, the photos")
    ((name, spec),) = inputs.items()
    shape = spec.shape.as_list() if spec.shape.rank is not None else (None, None, None, 3)

    def run(batch: np.ndarray) -> np.ndarray:
        model  # noqa: B018 - the signature alone does not keep its variables alive
        return _only(path, signature(**{name: tf.cast(batch, spec.dtype)}))

    return _on_pictures(path, shape, run)


def _open_onnx(path: Path) -> RunModel:
    try:
        # Runs ONNX files; of the extra `export`.
        import onnxruntime
    except ImportError:
        raise InputError(f"{path}: reading it needs onnxruntime, not installed here; run `pip install 'tfhd[export]'`") from None
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise InputError(f"{path}: takes {', '.join(each.name for each in inputs)}; expected a single input, the photos")
    outputs = [each.name for each in session.get_outputs()]
    return _on_pictures(
        path,
        inputs[0].shape,
        lambda batch: _only(path, dict(zip(outputs, session.run(outputs, {inputs[0].name: batch}), strict=True))),
    )


def _on_pictures(path: Path, shape: _Shape, run: Callable[[np.ndarray], np.ndarray]) -> RunModel:
    """`run`, which takes batches of the input's shape, as a function of one picture."""
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise InputError(f"{path}: takes {tuple(shape)}; expected photos (batch, height, width, 3) or (batch, 3, height, width)")
    if isinstance(shape[0], int) and shape[0] != 1:
        raise InputError(f"{path}: takes batches of exactly {shape[0]}; export it for one picture, or for any number")
    channels_first = shape[3] != 3
    fixed = tuple(shape[2:] if channels_first else shape[1:3])

    def run_picture(photo: np.ndarray) -> np.ndarray:
        size = tuple(want if isinstance(want, int) else have for want, have in zip(fixed, photo.shape[:2], strict=True))
        if size != photo.shape[:2]:
            photo = tf.image.resize(photo, size, antialias=True).numpy()
        batch = np.ascontiguousarray(photo.transpose(2, 0, 1) if channels_first else photo)[None]
        return run(batch)[0]

    return run_picture


def _only(path: Path, outputs: Any) -> np.ndarray:
    """The model's only output."""
    found = list(outputs.values()) if isinstance(outputs, dict) else keras.tree.flatten(outputs)
    if len(found) != 1:
        names = f" ({', '.join(outputs)})" if isinstance(outputs, dict) else ""
        raise InputError(f"{path}: returns {len(found)} outputs{names}; expected one, the scores of the classes")
    return np.asarray(found[0])
