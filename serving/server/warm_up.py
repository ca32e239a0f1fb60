"""Requests that are run while a version is loaded, so that no client waits for what the first one costs.

The first request of a signature builds and optimizes its graph, which takes seconds.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tfhd.pixels import PixelType
from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import ModelSession
from .tensor_values import read_tensor

_REQUESTS = Path("assets.extra") / "tf_serving_warmup_requests"
_MANIFEST = Path("manifest.json")
_MOST = 1000
"""Requests of a version's own, TensorFlow Serving's bound."""
_DEFAULT = "serving_default"
"""What a request without the name of a signature means."""

_log = logging.getLogger(__name__)


def warm_up(session: ModelSession, version: Path) -> None:
    """Runs the warm-up requests of a version, and one more for each signature of a model of tfhd that has none there.

    Args:
        session: the version in memory.
        version: its folder.

    Raises:
        ServingError: a request of the version's own cannot be read, or fails.
    """
    requests = _own_requests(version / _REQUESTS)
    for request in requests:
        inputs = {name: read_tensor(value) for name, value in request.inputs.items()}
        session.run(session.prepare(request.model_spec.signature_name or _DEFAULT, inputs, request.output_filter))
    maps = _maps(version / _MANIFEST)
    warm = {request.model_spec.signature_name or _DEFAULT for request in requests if not request.output_filter}
    for signature in sorted(set(session.signatures) - warm) if maps else ():
        try:
            session.run(session.prepare(signature, _inputs(session, signature, maps)))
        except ServingError as error:  # these requests are guesses
            _log.info("%s: no warm-up of the signature %s (%s)", version, signature, error)


def _own_requests(path: Path) -> list[PredictRequest]:
    if not path.exists():
        return []
    records = tf.data.TFRecordDataset(str(path)).take(_MOST + 1)
    try:
        logs = [PredictionLog.FromString(record.numpy()) for record in records]
    except (tf.errors.OpError, DecodeError) as error:
        raise ServingError(Code.DATA_LOSS, f"{path}: cannot be read ({error})") from None
    if len(logs) > _MOST:
        raise ServingError(Code.INVALID_ARGUMENT, f"{path}: holds more than {_MOST} requests; leave some out")
    kinds = [log.WhichOneof("log_type") for log in logs]
    if others := set(kinds) - {"predict_log", None}:
        raise ServingError(Code.UNIMPLEMENTED, f"{path}: holds {', '.join(sorted(others))}; only predict_log can be run here")
    return [log.predict_log.request for log, kind in zip(logs, kinds, strict=True) if kind]


class _Maps(NamedTuple):
    """What a model takes: the height and width of small maps, an id of its label set, the pictures that stand for label maps."""

    height: int
    width: int
    label_id: int
    picture: PixelType
    photo: PixelType


def _maps(manifest: Path) -> _Maps | None:
    """Reads them from the manifest that `tfhd export saved-model` writes; None where there is none."""
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
        side = max(16, 2 * found["size_multiple"])  # a size that every network takes
        size, data = found["size"] or (side, side), found["config"]["data"]
        pixels = (PixelType(**data.get(f"{kind}_pixels", {})) for kind in ("input", "output"))
        return _Maps(*size, found["label_set"]["classes"][0]["ids"][0], *pixels)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _inputs(session: ModelSession, signature: str, maps: _Maps) -> Arrays:
    """Returns an array for every input of a signature that has no default."""
    definition = session.definition(signature)
    return {
        name: _array(name, tf.as_dtype(info.dtype), info.tensor_shape, maps)
        for name, info in definition.inputs.items()
        if name not in definition.defaults
    }


def _array(name: str, dtype: tf.DType, shape: TensorShapeProto, maps: _Maps) -> np.ndarray:
    """Returns maps of one class and one instance, black photos, unused styles, and otherwise zeros."""
    if dtype == tf.string:
        pixels = maps.picture if name == "picture_bytes" else maps.photo
        channels, depth = (1, np.uint16) if name.endswith(("label_bytes", "instance_bytes")) else (pixels.channels, pixels.dtype)
        pixels = np.full((maps.height, maps.width, channels), _fill(name.removesuffix("_bytes"), maps), depth)
        return np.array([tf.io.encode_png(pixels).numpy()], object)
    sizes = [dim.size for dim in shape.dim]
    unknown: list[Any] = [1, maps.height, maps.width, 1] if len(sizes) == 4 else [1] * len(sizes)
    whole = [size if size >= 0 else least for size, least in zip(sizes, unknown, strict=True)]
    return np.full(whole, _fill(name, maps), dtype.as_numpy_dtype)


def _fill(name: str, maps: _Maps) -> int:
    return {"label": maps.label_id, "picture": maps.picture.low, "style_instance": -1, "style_index": -1}.get(name, 0)
