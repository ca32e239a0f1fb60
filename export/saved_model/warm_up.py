"""Requests that TensorFlow Serving runs before it reports a model as ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

# The message that a warm-up file holds.
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from .model_graph import ModelGraph
from .picture_graph import PictureGraph
from .picture_signatures import MOST_IN_PNG

WARM_UP_FILE = Path("assets.extra") / "tf_serving_warmup_requests"


def write_warm_up(model: Path, graph: ModelGraph | PictureGraph, size: tuple[int, int]) -> None:
    """Writes a request for each signature that runs a network into a SavedModel's folder.

    The first request of a signature builds and optimizes its graph, which takes seconds.

    Args:
        model: folder of the SavedModel.
        graph: what its signatures compute.
        size: height and width of maps and photos.
    """
    (model / WARM_UP_FILE).parent.mkdir()
    with tf.io.TFRecordWriter(str(model / WARM_UP_FILE)) as file:
        requests = _picture_requests(graph, size) if isinstance(graph, PictureGraph) else _requests(graph, size)
        for signature, inputs in requests.items():
            log = PredictionLog()
            log.predict_log.request.model_spec.signature_name = signature
            for name, value in inputs.items():
                log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            file.write(log.SerializeToString())


def _requests(graph: ModelGraph, size: tuple[int, int]) -> dict[str, dict[str, Any]]:
    """Inputs by signature, of maps of the first class and black photos."""
    label = np.full((1, *size, 1), graph.label_set.classes[0].ids[0], graph.label_dtype.as_numpy_dtype)
    instance, photo = np.zeros((1, *size, 1), np.uint16), np.zeros((1, *size, graph.photo.channels), graph.photo.dtype)
    arrays, files = {"label": label, "instance": instance}, {"label_bytes": _png(label), "instance_bytes": _png(instance)}
    unused = np.full((1, 1), -1, np.int32)
    seed, styles = {"seed": unused[0]}, {"style_instance": unused, "style_index": unused}
    requests = {
        "serving_default": files | seed,
        "synthesize_png": files | seed | styles,
        "synthesize": arrays | seed | styles,
    }
    if graph.table:
        vectors = {"style_instance": unused, "style_vector": np.zeros((1, 1, graph.table.centers.shape[2]), np.float32)}
        reference = {"reference_image": photo, "reference_instance": instance}
        reference_files = {f"{name}_bytes": _png(value) for name, value in reference.items()}
        requests |= {
            "synthesize_vectors_png": files | vectors,
            "synthesize_vectors": arrays | vectors,
            "synthesize_reference_png": files | reference_files,
            "synthesize_reference": arrays | reference,
            "encode_png": {"image_bytes": _png(photo), "instance_bytes": _png(instance)},
            "encode": {"image": photo, "instance": instance},
        }
    return requests


def _picture_requests(graph: PictureGraph, size: tuple[int, int]) -> dict[str, dict[str, Any]]:
    """Inputs by signature, of pictures of the lowest number."""
    arrays = {"picture": np.full((1, *size, graph.picture.channels), graph.picture.low, graph.picture.dtype)}
    if graph.instance_edges:
        arrays["instance"] = np.zeros((1, *size, 1), np.uint16)
    if graph.picture.channels > MOST_IN_PNG:
        return {"translate": arrays, "serving_default": arrays}
    files = {f"{name}_bytes": _png(value) for name, value in arrays.items()}
    return {"translate": arrays, "translate_png": files, "serving_default": files}


def _png(pixels: np.ndarray) -> list[bytes]:
    return [tf.io.encode_png(pixels[0]).numpy()]
